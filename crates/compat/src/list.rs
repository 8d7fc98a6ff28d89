//! Files with a list of provisioners. Evaluating them is not part of it.

use std::path::Path;
use std::sync::OnceLock;

use score_gotemplate::{Error, Functions, Template};
use score_spec::{Code, Diagnostic, Kind, Node, Severity, SourceId, Sources, Span, Spanned};

/// One of the tools whose files these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// score-compose.
    Compose,
    /// score-k8s.
    Kubernetes,
}

/// A provisioner of a list.
#[derive(Debug)]
pub struct Provisioner {
    /// The location of its `type`.
    pub span: Span,
    /// The location of all of it.
    pub whole: Span,
    /// The locations of its class and id, if it has them.
    pub choice: Vec<Span>,
    /// Its scheme decides how it is evaluated; the rest is a name.
    pub uri: Spanned<String>,
    /// The type of the resources that it handles.
    pub kind: String,
    /// The class of these resources; any if absent.
    pub class: Option<String>,
    /// The id of these resources; any if absent.
    pub id: Option<String>,
    /// Its purpose.
    pub description: String,
    /// The params that it documents.
    pub params: Vec<String>,
    /// The outputs that it documents.
    pub outputs: Vec<String>,
    /// How it is evaluated.
    pub implementation: Implementation,
}

/// How a provisioner is evaluated.
#[derive(Debug)]
pub enum Implementation {
    /// With templates, by the part that each one makes.
    Templates(Vec<(Part, TemplateText)>),
    /// With a command.
    Command {
        /// The program: a name, an absolute path, or a path below the working folder or the home folder.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
    /// With environment variables that have the names of the outputs.
    Environment,
}

/// A part of the result of a provisioner, which a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Values for the other templates.
    Init,
    /// The state of the resource.
    State,
    /// A change of the state that the project shares.
    Shared,
    /// The outputs.
    Outputs,
    /// Folders below the mounts folder.
    Directories,
    /// Files below the mounts folder.
    Files,
    /// Compose networks.
    Networks,
    /// Compose services.
    Services,
    /// Compose volumes.
    Volumes,
    /// Compose models.
    Models,
    /// Messages for the user.
    InfoLogs,
    /// Kubernetes objects.
    Manifests,
}

impl Part {
    /// All parts with their keys, in the order in which they are evaluated.
    const ALL: [(&'static str, Self); 12] = [
        ("init", Self::Init),
        ("state", Self::State),
        ("shared", Self::Shared),
        ("outputs", Self::Outputs),
        ("directories", Self::Directories),
        ("files", Self::Files),
        ("networks", Self::Networks),
        ("services", Self::Services),
        ("volumes", Self::Volumes),
        ("models", Self::Models),
        ("info_logs", Self::InfoLogs),
        ("manifests", Self::Manifests),
    ];

    /// The key in a provisioner.
    pub fn key(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, part)| *part == self)
            .map_or("", |(key, _)| key)
    }

    /// The tool that has this part, if only one does.
    pub fn tool(self) -> Option<Tool> {
        match self {
            Self::Init | Self::State | Self::Shared | Self::Outputs => None,
            Self::Manifests => Some(Tool::Kubernetes),
            Self::Directories
            | Self::Files
            | Self::Networks
            | Self::Services
            | Self::Volumes
            | Self::Models
            | Self::InfoLogs => Some(Tool::Compose),
        }
    }
}

/// A template as written. It is parsed when it is first needed, as mistakes in templates that are not
/// needed have no effect.
#[derive(Debug)]
pub struct TemplateText {
    /// The location of the value.
    pub span: Span,
    /// The text without white space around it.
    pub text: String,
    /// The number of lines that were removed before the text.
    pub skipped: usize,
    /// The parsed text by tool, because their functions differ.
    parsed: [OnceLock<Result<Template, Error>>; 2],
}

impl TemplateText {
    fn new(span: Span, written: &str) -> Self {
        let text = written.trim();
        let before = &written[..written.len() - written.trim_start().len()];
        Self {
            span,
            text: text.to_owned(),
            skipped: before.matches('\n').count(),
            parsed: [OnceLock::new(), OnceLock::new()],
        }
    }

    /// The parsed template, with the functions of a tool.
    ///
    /// # Errors
    ///
    /// If it is not a template.
    pub(crate) fn parsed(&self, tool: Tool, functions: &Functions) -> Result<&Template, &Error> {
        let parsed = match tool {
            Tool::Compose => &self.parsed[0],
            Tool::Kubernetes => &self.parsed[1],
        };
        let parse = || Template::parse(&self.text, functions);
        parsed.get_or_init(parse).as_ref()
    }

    /// The line of the file that contains a line of the template, counted from 1: exact for text in block
    /// style, else the value.
    pub fn place(&self, sources: &Sources, line: usize) -> Span {
        let source = &sources.get(self.span.source).text;
        let range = self.span.range();
        let Some(block) = source.get(range.clone()).filter(|it| it.starts_with('|')) else {
            return self.span;
        };
        let mut start = range.start;
        for (index, text) in block.split_inclusive('\n').enumerate() {
            if index == self.skipped + line {
                let indent = text.len() - text.trim_start().len();
                let end = start + text.trim_end().len();
                return Span::new(self.span.source, (start + indent).min(end), end);
            }
            start += text.len();
        }
        self.span
    }
}

/// Reads a file with a list of provisioners. Those with mistakes are reported and left out.
pub fn read(
    sources: &Sources,
    file: SourceId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Provisioner> {
    let parsed = score_spec::parse(sources, file);
    diagnostics.extend(parsed.diagnostics);
    let mut reading = Reading { diagnostics };
    let Some(document) = parsed.documents.first().filter(|it| is_list(it)) else {
        let whole = parsed.documents.first().map(|it| it.span);
        let place = whole.unwrap_or_else(|| Span::new(file, 0, 0));
        reading.wrong(place, "a file with provisioners must be a list");
        return Vec::new();
    };
    let mut others = parsed.documents.iter().skip(1);
    if let Some(other) = others.find(|it| !matches!(it.kind, Kind::Null)) {
        reading.diagnostics.push(without_effect(other.span));
    }
    document
        .items()
        .iter()
        .filter_map(|item| reading.provisioner(item))
        .collect()
}

/// The warning about a document after the first one.
fn without_effect(document: Span) -> Diagnostic {
    let message = "only the first document of a list of provisioners has an effect";
    let mut warning = Diagnostic::new(Code::ProvisionerInvalid, message);
    warning.severity = Severity::Warning;
    warning
        .at(document, "this document is ignored")
        .help("put all provisioners into one list, or into several files")
}

/// Whether a document is a list, and not a provisioner of another kind.
pub fn is_list(document: &Node) -> bool {
    matches!(document.kind, Kind::List(_))
}

struct Reading<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn provisioner(&mut self, node: &Node) -> Option<Provisioner> {
        let before = self.diagnostics.len();
        let Kind::Map(entries) = &node.kind else {
            self.wrong(
                node.span,
                "a provisioner must be a map with `uri` and `type`",
            );
            return None;
        };
        let uri = self.required(node, "uri");
        let kind = self.required(node, "type");
        let (class, id) = (self.optional(node, "class"), self.optional(node, "id"));
        let description = self.optional(node, "description").unwrap_or_default();
        let params = self.texts(node, "supported_params");
        let outputs = self.texts(node, "expected_outputs");
        let implementation = self.implementation(node, uri.as_ref()?);
        for entry in entries {
            let is_known = keys(implementation.as_ref()).any(|known| known == entry.key);
            if !is_known {
                let message = format!(
                    "a provisioner of this kind does not have the key `{}`",
                    entry.key
                );
                self.wrong(entry.key_span, message);
            }
        }
        let uri = uri?;
        let kind = kind?;
        let implementation = implementation?;
        (self.diagnostics.len() == before).then(|| Provisioner {
            span: kind.span,
            whole: node.span,
            choice: ["class", "id"]
                .into_iter()
                .filter_map(|key| Some(node.get(key)?.span))
                .collect(),
            uri,
            kind: kind.value,
            class,
            id,
            description,
            params,
            outputs,
            implementation,
        })
    }

    fn implementation(&mut self, node: &Node, uri: &Spanned<String>) -> Option<Implementation> {
        let Some((scheme, rest)) = uri.value.split_once("://") else {
            self.wrong(
                uri.span,
                "the `uri` must start with `template://`, `cmd://` or `local-env://`",
            );
            return None;
        };
        match scheme.to_ascii_lowercase().as_str() {
            "template" => {
                let mut templates = Vec::new();
                for (key, part) in Part::ALL {
                    if let Some(text) = self.template(node, key) {
                        templates.push((part, text));
                    }
                }
                Some(Implementation::Templates(templates))
            }
            "cmd" => {
                let Some(program) = program(rest) else {
                    self.wrong(
                        uri.span,
                        "the `uri` must name a program on the PATH, or a path that starts with `/`, `./`, `../` or `~/`",
                    );
                    return None;
                };
                let arguments = self.texts(node, "args");
                Some(Implementation::Command { program, arguments })
            }
            "local-env" => Some(Implementation::Environment),
            _ => {
                self.wrong(
                    uri.span,
                    "the `uri` must start with `template://`, `cmd://` or `local-env://`",
                );
                None
            }
        }
    }

    /// The template under a key: a scalar, whose type does not matter.
    fn template(&mut self, node: &Node, key: &str) -> Option<TemplateText> {
        let value = node.get(key)?;
        match &value.kind {
            Kind::Null => None,
            Kind::Text(text) => Some(TemplateText::new(value.span, text)),
            Kind::Bool(flag) => Some(TemplateText::new(value.span, &flag.to_string())),
            Kind::Number(number) => Some(TemplateText::new(value.span, &number.to_string())),
            Kind::List(_) | Kind::Map(_) => {
                self.wrong(
                    value.span,
                    format!("`{key}` must be a template: text that starts with `|`"),
                );
                None
            }
        }
    }

    fn required(&mut self, node: &Node, key: &str) -> Option<Spanned<String>> {
        match node.get(key).map(|value| (value, &value.kind)) {
            Some((value, Kind::Text(text))) if !text.is_empty() => {
                Some(Spanned::new(text.clone(), value.span))
            }
            Some((value, _)) => {
                self.wrong(value.span, format!("`{key}` must be a string"));
                None
            }
            None => {
                self.wrong(node.span, format!("the provisioner has no `{key}`"));
                None
            }
        }
    }

    fn optional(&mut self, node: &Node, key: &str) -> Option<String> {
        let value = node.get(key)?;
        match &value.kind {
            Kind::Null => None,
            Kind::Text(text) => Some(text.clone()),
            _ => {
                self.wrong(value.span, format!("`{key}` must be a string"));
                None
            }
        }
    }

    fn texts(&mut self, node: &Node, key: &str) -> Vec<String> {
        let Some(value) = node.get(key) else {
            return Vec::new();
        };
        let texts: Option<Vec<String>> = match &value.kind {
            Kind::Null => Some(Vec::new()),
            Kind::List(items) => items
                .iter()
                .map(|item| item.text().map(str::to_owned))
                .collect(),
            _ => None,
        };
        if texts.is_none() {
            self.wrong(value.span, format!("`{key}` must be a list of strings"));
        }
        texts.unwrap_or_default()
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::new(Code::ProvisionerInvalid, message.into()).at(span, ""));
    }
}

/// The keys of a provisioner.
fn keys(of: Option<&Implementation>) -> impl Iterator<Item = &'static str> + use<> {
    const COMMON: [&str; 7] = [
        "uri",
        "type",
        "class",
        "id",
        "description",
        "supported_params",
        "expected_outputs",
    ];
    let others: Vec<&'static str> = match of {
        Some(Implementation::Templates(_)) | None => {
            Part::ALL.iter().map(|(key, _)| *key).collect()
        }
        Some(Implementation::Command { .. }) => vec!["args", "params", "outputs"],
        Some(Implementation::Environment) => Vec::new(),
    };
    COMMON.into_iter().chain(others)
}

/// The program of the part of a `uri` after `cmd://`.
fn program(rest: &str) -> Option<String> {
    let path = rest.split('#').next().unwrap_or_default();
    let is_path = ["/", "./", "../", "~/"]
        .iter()
        .any(|start| path.starts_with(start));
    let is_name = !path.is_empty() && !path.contains(['/', '?', '@', ':']);
    let is_program =
        is_name || (is_path && Path::new(path).file_name().is_some() && !path.contains('?'));
    is_program.then(|| path.to_owned())
}
