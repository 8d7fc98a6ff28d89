//! Templates: folders from which a user starts a new workload. Out of scope: finding, reading and writing files.
//!
//! A template is untrusted. Its files are rendered within limits, to relative paths without `..`.

mod body;
mod origin;
mod outline;
mod params;
mod path;
mod render;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use score_spec::diagnostic::any_error;
use score_spec::schema::Schema;
use score_spec::{Code, Diagnostic, Node, SourceId, Sources, Span};

use self::body::Piece;
pub use self::origin::Origins;
pub use self::outline::{OutlineContents, OutlineFile, OutlinePart};
pub use self::params::{TemplateParam, TemplateValues};
use self::path::FilePath;
use crate::input::settings::{check_settings, single_document};
use crate::provisioner::expression::{Failure, Pattern, Scope, to_text};

/// The schema of template files, which is part of this workspace and tested.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::TEMPLATE));

/// The name for the folder of the new workload in expressions.
const FOLDER: &str = "folder";

/// The end of the names of files that are rendered.
const RENDERED: &str = ".jinja";

/// The maximum size of all rendered files of a template.
const MOST_BYTES: usize = 4 << 20;

/// The names that expressions can use, for messages.
const NAMES: &str =
    "`params`, `folder`, the function `json` and the names of `set` and `for` are available";

/// A template: its description, and its files.
///
/// ```
/// use score_compiler::templates::{Template, TemplateFile};
/// use score_spec::Sources;
///
/// let mut sources = Sources::new();
/// let text = "{apiVersion: score-rs/v1, kind: Template, description: A web service,
///   params: {properties: {name: {type: string, default: '{{ folder }}'}}}}";
/// let about = sources.add("web/template.yaml", text);
/// let source = sources.add("web/score.yaml.jinja", "metadata: {name: {{ params.name }}}\n");
/// let file = TemplateFile::new("score.yaml.jinja", source);
/// let mut found = Vec::new();
/// let template = Template::read(&sources, about, vec![file], &mut found).unwrap();
/// let values = template.values(&[], Some("shop"), &sources, &mut found).unwrap();
/// let rendered = template.render(&values, &mut found).unwrap();
/// assert!(found.is_empty());
/// assert_eq!(rendered.files[0].path, "score.yaml");
/// assert_eq!(rendered.files[0].bytes, b"metadata: {name: shop}\n");
/// ```
#[derive(Debug)]
pub struct Template {
    document: Node,
    files: Vec<FileParts>,
    next: Vec<Pattern>,
}

/// A file of a template.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TemplateFile {
    /// Its path in the folder of the template, with `/` as separator.
    pub path: String,
    /// Its text, for files that are rendered.
    pub source: Option<SourceId>,
    /// Its contents, for files that are copied.
    pub bytes: Vec<u8>,
    /// Whether it is executable.
    pub executable: bool,
}

/// The files that a template becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderedTemplate {
    /// The files, sorted by path.
    pub files: Vec<RenderedFile>,
    /// The commands that the user can run next.
    pub next: Vec<String>,
}

/// A file that a template becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderedFile {
    /// Its relative path, with `/` as separator, without `.` and `..`.
    pub path: String,
    /// Its contents.
    pub bytes: Vec<u8>,
    /// The parts of the template that its contents are from.
    pub origins: Origins,
    /// Whether it is executable.
    pub executable: bool,
}

/// A file with its parsed path and contents.
#[derive(Debug)]
struct FileParts {
    path: FilePath,
    contents: Contents,
    executable: bool,
}

#[derive(Debug)]
enum Contents {
    Copied(Vec<u8>),
    /// The pieces, and the start of the file.
    Rendered(Vec<Piece>, Span),
}

impl TemplateFile {
    /// The name of the file that describes a template. It is not part of its files.
    pub const ABOUT: &'static str = "template.yaml";

    /// A file that is rendered.
    pub fn new(path: impl Into<String>, source: SourceId) -> Self {
        Self {
            path: path.into(),
            source: Some(source),
            bytes: Vec::new(),
            executable: false,
        }
    }

    /// A file that is copied.
    pub fn copied(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            source: None,
            bytes,
            executable: false,
        }
    }

    /// The same file, which is executable if `executable`.
    #[must_use]
    pub fn with_mode(mut self, executable: bool) -> Self {
        self.executable = executable;
        self
    }

    /// Whether the file with this name is rendered.
    pub fn is_rendered(path: &str) -> bool {
        path.ends_with(RENDERED)
    }
}

impl Template {
    /// Reads a template: the file that describes it, and its other files. Errors are reported, and the result is
    /// `None`.
    pub fn read(
        sources: &Sources,
        about: SourceId,
        files: Vec<TemplateFile>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let before = diagnostics.len();
        let document = single_document(sources, about, Code::TemplateInvalid, diagnostics);
        let Some(document) = document else {
            if diagnostics.len() == before {
                let found = Diagnostic::new(Code::TemplateInvalid, "the file is empty");
                let found = found.at(Span::new(about, 0, 0), "");
                diagnostics
                    .push(found.help("begin with `apiVersion: score-rs/v1` and `kind: Template`"));
            }
            return None;
        };
        let code = Code::TemplateInvalid;
        check_settings(&document, &SCHEMA, sources, code, diagnostics);
        if let Some(params) = document.get("params") {
            params::check(params, diagnostics);
        }
        let mut next = Vec::new();
        for line in document.items_at("next") {
            let failures = diagnostics.len();
            let text = line.text().unwrap_or_default();
            next.push(Pattern::parse(text, line.span, diagnostics));
            diagnostics[failures..].iter_mut().for_each(mark);
        }
        let mut tags = 0;
        let files = files.into_iter();
        let files =
            files.map(|file| FileParts::read(file, (about, sources), &mut tags, diagnostics));
        let files = files.collect();
        (!any_error(&diagnostics[before..])).then_some(Self {
            document,
            files,
            next,
        })
    }

    /// The description.
    pub fn description(&self) -> &str {
        let description = self.document.get("description").and_then(Node::text);
        description.unwrap_or_default()
    }

    /// The params, in the order of their declaration.
    pub fn params(&self) -> Vec<TemplateParam> {
        params::declared(self.document.get("params"))
    }

    /// The JSON Schema of the params.
    pub fn params_schema(&self) -> Option<&Node> {
        self.document.get("params")
    }

    /// The locations of its tests: sets of params with which it must be valid.
    pub fn passes(&self) -> Vec<Span> {
        let passes = self.document.items_at("passes").iter();
        passes.map(|set| set.span).collect()
    }

    /// The values of the params: those of `params`, which are sources of the form `NAME=VALUE`, or else their
    /// defaults. A template that uses `folder` is an error without one. Errors are reported.
    pub fn values(
        &self,
        params: &[SourceId],
        folder: Option<&str>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<TemplateValues> {
        let before = diagnostics.len();
        let given = params::of_options(params, sources, diagnostics);
        let declared = self.document.get("params");
        let values = params::values(declared, &given, folder, sources, diagnostics);
        values.filter(|_| !any_error(&diagnostics[before..]))
    }

    /// The problems of a single value, which is a source of the form `NAME=VALUE`.
    pub fn check_param(&self, param: SourceId, sources: &Sources) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let given = params::of_options(&[param], sources, &mut found);
        let declared = self.document.get("params");
        params::check_given(declared, &given, sources, &mut found);
        found
    }

    /// The values of the params in a test, by its index. Errors are reported.
    pub fn values_of_pass(
        &self,
        index: usize,
        folder: &str,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<TemplateValues> {
        let given = params::of_map(self.document.items_at("passes").get(index)?);
        let declared = self.document.get("params");
        params::values(declared, &given, Some(folder), sources, diagnostics)
    }

    /// The files with values. A rendered file without text is left out. Errors are reported.
    pub fn render(
        &self,
        values: &TemplateValues,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<RenderedTemplate> {
        let before = diagnostics.len();
        let scope = values.scope();
        let mut rendered = RenderedTemplate::default();
        let (mut seen, mut size, mut steps) = (BTreeSet::new(), 0, 0);
        for part in &self.files {
            let file = match part.render(&scope, &mut steps) {
                Ok(Some(file)) => file,
                Ok(None) => continue,
                Err(failure) => {
                    diagnostics.extend(failure.map(|found| of_template(*found)));
                    continue;
                }
            };
            size += file.bytes.len();
            if size > MOST_BYTES {
                diagnostics.push(self.too_large());
                return None;
            }
            if !seen.insert(file.path.to_lowercase()) {
                diagnostics.push(part.path.twice(&file.path));
            }
            rendered.files.push(file);
        }
        for part in &self.files {
            let folders = part.path.render(&scope).unwrap_or_default().to_lowercase();
            let mut folders = folders.match_indices('/').map(|(at, _)| &folders[..at]);
            if let Some(folder) = folders.find(|folder| seen.contains(*folder)) {
                diagnostics.push(part.path.twice(folder));
            }
        }
        for line in &self.next {
            match line.evaluate(&scope) {
                Ok(value) => {
                    let text = to_text(&value);
                    rendered
                        .next
                        .push(text.as_plain().unwrap_or_default().to_owned());
                }
                Err(failure) => diagnostics.extend(failure.map(|found| of_template(*found))),
            }
        }
        rendered.files.sort_by(|a, b| a.path.cmp(&b.path));
        (!any_error(&diagnostics[before..])).then_some(rendered)
    }

    fn too_large(&self) -> Diagnostic {
        let most = MOST_BYTES >> 20;
        let message = format!("the files of the template would be larger than {most} MiB");
        let found = Diagnostic::new(Code::TemplateInvalid, message).at(self.document.span, "");
        found.help("remove files, or shorten them")
    }
}

impl FileParts {
    fn read(
        file: TemplateFile,
        (about, sources): (SourceId, &Sources),
        tags: &mut usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let id = file.source.unwrap_or(about);
        let start = Span::new(id, 0, 0);
        let suffix = file.source.map_or("", |_| RENDERED);
        let path = FilePath::parse(&file.path, suffix, start, diagnostics);
        let contents = match file.source {
            None => Contents::Copied(file.bytes),
            Some(id) => {
                if sources.get(id).malformed.is_some() {
                    let found = Diagnostic::new(Code::TemplateInvalid, "the file is not UTF-8");
                    let found = found.at(start, "");
                    diagnostics.push(
                        found.help("convert it, or remove `.jinja` from its name to copy it"),
                    );
                }
                Contents::Rendered(body::parse(sources, id, tags, diagnostics), start)
            }
        };
        Self {
            path,
            contents,
            executable: file.executable,
        }
    }

    /// The file, unless it has no text.
    fn render(&self, scope: &Scope, steps: &mut usize) -> Result<Option<RenderedFile>, Failure> {
        let path = self.path.render(scope)?;
        let (bytes, origins) = match &self.contents {
            Contents::Copied(bytes) => (bytes.clone(), Origins::default()),
            Contents::Rendered(pieces, start) => {
                let (text, origins) = render::render(pieces, scope, *start, steps)?;
                if text.trim().is_empty() {
                    return Ok(None);
                }
                (text.into_bytes(), origins)
            }
        };
        Ok(Some(RenderedFile {
            path,
            bytes,
            origins,
            executable: self.executable,
        }))
    }
}

/// An error in an expression as one of a template.
fn of_template(mut found: Diagnostic) -> Diagnostic {
    mark(&mut found);
    found
}

fn mark(found: &mut Diagnostic) {
    found.code = Code::TemplateInvalid;
    found.severity = Code::TemplateInvalid.severity();
    // The names that expressions of provisioners have are others.
    let advice = found.advice();
    if advice.is_empty() || advice.starts_with("available names") {
        found.help = Some(NAMES.into());
    }
}
