//! The patch templates of `init --patch-templates`.

use std::path::{Path, PathBuf};

use super::uri;
use crate::commands::provisioners::path_source;
use crate::host::disk::read;
use crate::host::{Gates, is_missing, name};
use crate::input::project_patches::{platform_of, template_text};
use crate::output::file::{OPEN, Output, Rule};
use crate::packages::{SingleFile, Source, fetch_file};
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// A patch template of the project.
pub(super) struct PatchTemplate {
    /// The platform whose output it changes.
    pub(super) platform: &'static str,
    /// The path in the project.
    pub(super) path: String,
    /// The file, if it was fetched.
    pub(super) output: Option<Output<'static>>,
}

/// The start of the first line of a file that was fetched, which prints nothing.
const HEADER: &str = "{{- /* Written by score-rs init from ";

/// The end of this line.
const HEADER_END: &str = " */}}\n";

/// The maximum length of the name of a fetched file, without the number.
const LONGEST: usize = 64;

/// The patch templates with these URIs. Those that are not in the project are fetched, except those of earlier runs.
pub(super) fn of(
    uris: &[String],
    gates: &Gates,
    console: &Console,
) -> Result<Vec<PatchTemplate>, Failure> {
    let mut templates: Vec<PatchTemplate> = Vec::new();
    for uri in uris {
        let (text, inner) = uri::source(uri, "patch templates")?;
        let source = match Source::parse_file(&text)? {
            Source::Path(path) => match gates.project.inner(Path::new(&path)) {
                Some(inner) => {
                    let text = template_text(&gates.project, &inner).reading(Path::new(&path))?;
                    templates.push(PatchTemplate {
                        platform: platform_of(&String::from_utf8_lossy(&text)),
                        path: name(&inner),
                        output: None,
                    });
                    continue;
                }
                None => path_source(&path, Path::new(""))?,
            },
            source => source,
        };
        let template = Origin { source, inner }.template(&templates, gates, console)?;
        templates.push(template);
    }
    Ok(templates)
}

/// Where a patch template comes from.
struct Origin<'a> {
    source: Source,
    /// The file in the source.
    inner: Option<&'a str>,
}

impl Origin<'_> {
    /// The source as the first line of the file names it, without a query, which can contain credentials.
    fn shown(&self) -> String {
        let mut source = self.source.clone();
        if let Source::Http { url, .. } = &mut source {
            url.query = None;
        }
        let inner = self.inner.map(|inner| format!("#{inner}"));
        // Nothing in the line may end the comment.
        format!("{source}{}", inner.unwrap_or_default()).replace("*/", "%2A/")
    }

    /// The patch template in the project: the file of an earlier run or of an earlier option, or a new file.
    fn template(
        &self,
        earlier: &[PatchTemplate],
        gates: &Gates,
        console: &Console,
    ) -> Result<PatchTemplate, Failure> {
        let start = format!("{HEADER}{} ", self.shown());
        let mut number = 1;
        loop {
            let path = self.path(number);
            let earlier = earlier.iter().find(|it| Path::new(&it.path) == path);
            let known = match earlier.and_then(|it| it.output.as_ref()) {
                Some(output) => output.bytes.to_vec(),
                None => match gates.project.read(&path) {
                    Ok(bytes) => bytes,
                    Err(error) if is_missing(&error) => return self.fetched(&path, gates),
                    Err(error) => return Err(Failure::read(&path, &error)),
                },
            };
            if known.starts_with(start.as_bytes()) {
                if earlier.is_none() {
                    let path = path.display();
                    console.note(&format!(
                        "`{path}` is kept as it is; remove it to fetch it again"
                    ));
                }
                return Ok(PatchTemplate {
                    platform: platform_of(&String::from_utf8_lossy(&known)),
                    path: name(&path),
                    output: None,
                });
            }
            number += 1;
        }
    }

    /// The path of the file in the project.
    fn path(&self, number: usize) -> PathBuf {
        let text = self.shown();
        let last = text.rsplit(['/', '#']).next().unwrap_or_default();
        let stem = last.split('.').find(|part| !part.is_empty());
        let plain = |c: char| match c {
            c if c.is_ascii_alphanumeric() || c == '_' => c.to_ascii_lowercase(),
            _ => '-',
        };
        let stem: String = stem.unwrap_or_default().chars().map(plain).collect();
        let stem = stem.trim_start_matches("patch-").trim_matches('-');
        let stem = stem.get(..LONGEST).unwrap_or(stem);
        let number = match number {
            1 => String::new(),
            number => format!("-{number}"),
        };
        PathBuf::from(format!("patch-{stem}{number}.tpl"))
    }

    /// Fetches the file.
    fn fetched(&self, path: &Path, gates: &Gates) -> Result<PatchTemplate, Failure> {
        let file = match &self.source {
            Source::Path(path) => local(Path::new(path))?,
            source => fetch_file(source, self.inner, &gates.project)?,
        };
        let version = file.resolved.map(|it| format!(" at {it}"));
        let version = version.unwrap_or_default();
        let text = format!("{HEADER}{}{version}{HEADER_END}{}", self.shown(), file.text);
        let located = gates.project.locate(path).writing(path)?;
        let platform = platform_of(&text);
        let output = Output::named(located, path, text.into_bytes(), OPEN, Rule::Generated)?;
        Ok(PatchTemplate {
            platform,
            path: name(path),
            output: Some(output),
        })
    }
}

/// A file outside the project.
fn local(path: &Path) -> Result<SingleFile, Failure> {
    let text = String::from_utf8(read(path).reading(path)?)
        .map_err(|_| Failure::new(format!("`{}` is not UTF-8", path.display())))?;
    Ok(SingleFile {
        text,
        resolved: None,
    })
}
