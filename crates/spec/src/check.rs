//! From a tree to a [`Workload`]: validation against the schema, conversion to types, and the rules
//! that a schema cannot express. All problems are reported, not only the first one.

use base64::{Engine, engine::general_purpose::STANDARD};
use foldhash::fast::RandomState;

use crate::{
    Before, Code, Codes, Container, Diagnostic, Entry, File, FileContent, Grammar, HttpGet, Kind,
    Map, Node, Params, Part, Placeholder, Port, Probe, Protocol, Quantities, Ready, Resource, Root,
    Sources, Spanned, Template, Valid, Value, Volume, Workload, before,
    diagnostic::{MOST_PROPOSALS, any_error, listed, nearest},
    rules, score_schema,
    template::{forbid, forbid_in_key},
    upgrade::upgrade,
};

/// Validates a document.
///
/// # Errors If there is any error. The result is then a draft: the workload as far as it could be
/// read. It must only be used to find further problems.
pub fn check(
    mut document: Node,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Valid<Workload>, Option<Box<Workload>>> {
    let mut found = Vec::new();
    upgrade(&mut document, &mut found);
    found.extend(score_schema().check(&document, sources, &Codes::SPEC));
    rules::check(&document, &mut found);
    let workload = Lowering {
        sources,
        diagnostics: &mut found,
    }
    .workload(&document);
    if let Some(workload) = &workload {
        before::check(workload, &mut found);
    }
    let failed = any_error(&found);
    diagnostics.extend(found);
    match workload {
        Some(workload) if !failed => Ok(Valid(workload)),
        draft => Err(draft.map(Box::new)),
    }
}

/// The maximum length of a name in a path, and of a path, in a container, in bytes (`NAME_MAX` and
/// `PATH_MAX` of Linux).
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4095;

/// The reason why this path is invalid in every container, whatever its image.
pub fn path_problem(path: &str) -> Option<&'static str> {
    if path.contains('\0') {
        Some("contains a NUL character")
    } else if path.len() > LONGEST_PATH {
        Some("is longer than 4,095 bytes")
    } else if rules::parts(path).any(|part| part.len() > LONGEST_NAME) {
        Some("contains a name longer than 255 bytes")
    } else {
        None
    }
}

/// Converts nodes to typed values. Missing values and values of the wrong type are skipped, because
/// the schema reports them.
struct Lowering<'a> {
    sources: &'a Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn workload(&mut self, document: &Node) -> Option<Workload> {
        self.forbid_placeholders_in_keys(document);
        let metadata = document.get("metadata")?;
        self.forbid_placeholders(metadata);
        let resources = self.map(document.get("resources"), |this, entry| {
            Some(this.resource(entry))
        });
        let containers = self.map(document.get("containers"), |this, entry| {
            Some(this.container(entry))
        });
        let workload = Workload {
            source: document.span.source,
            name: text(metadata.get("name")?)?,
            annotations: texts(metadata.get("annotations")),
            annotation_values: metadata.map_at("annotations", |value| Some(value.span)),
            metadata: metadata.to_value(),
            ports: self.map(
                document.get("service").and_then(|node| node.get("ports")),
                |_, entry| port(entry),
            ),
            containers,
            resources,
        };
        self.check_placeholders(&workload);
        Some(workload)
    }

    fn container(&mut self, entry: &Entry) -> Container {
        let node = &entry.value;
        let resources = node.get("resources");
        let quantities = |name| {
            let node = resources.and_then(|node| node.get(name));
            Quantities::read(node)
        };
        Container {
            span: entry.key_span,
            // A container without one is kept, so that references to it are not reported as well.
            image: self.required(node.get("image"), entry),
            command: self.commands(node.get("command")),
            args: self.commands(node.get("args")),
            variables: self.map(node.get("variables"), |this, entry| {
                this.template(&entry.value, Grammar::Placeholders)
            }),
            files: self.map(node.get("files"), Self::file),
            volumes: self.map(node.get("volumes"), Self::volume),
            before: self.map(node.get("before"), |_, entry| before_entry(entry)),
            limits: quantities("limits"),
            requests: quantities("requests"),
            liveness_probe: node.entry("livenessProbe").and_then(|it| self.probe(it)),
            readiness_probe: node.entry("readinessProbe").and_then(|it| self.probe(it)),
        }
    }

    /// A string that the schema requires.
    fn required(&mut self, node: Option<&Node>, entry: &Entry) -> Spanned<String> {
        node.and_then(|node| self.plain(node))
            .unwrap_or_else(|| Spanned::new(String::new(), entry.key_span))
    }

    fn file(&mut self, entry: &Entry) -> Option<File> {
        let node = &entry.value;
        self.check_target(entry);
        let expand = !matches!(
            node.get("noExpand").map(|node| &node.kind),
            Some(Kind::Bool(true))
        );
        let content = if let Some(source) = node.get("source") {
            FileContent::Source {
                path: self.plain(source)?,
                expand,
            }
        } else if let Some(content) = node.get("content") {
            FileContent::Text(if expand {
                self.template(content, Grammar::Placeholders)?
            } else {
                Template::literal(content.text()?, content.span)
            })
        } else {
            FileContent::Binary(self.binary(node.get("binaryContent")?)?)
        };
        Some(File {
            span: entry.key_span,
            content,
            mode: node.get("mode").and_then(|mode| self.mode(mode)),
        })
    }

    fn binary(&mut self, node: &Node) -> Option<Vec<u8>> {
        let compact: String = node.text()?.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(compact).ok();
        if bytes.is_none() {
            self.diagnostics.push(
                Diagnostic::new(Code::SpecInvalidValue, "`binaryContent` is not base64")
                    .at(node.span, "")
                    .help("encode the bytes as standard base64 with padding (RFC 4648, section 4), or use `content` for text"),
            );
        }
        bytes
    }

    /// Permission bits in octal. The owner must have read permission.
    fn mode(&mut self, node: &Node) -> Option<u16> {
        let mode = u16::from_str_radix(node.text()?, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)?;
        if mode < 0o400 {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::SpecInvalidValue,
                    "the mode does not let the owner read the file",
                )
                .at(node.span, "")
                .help("use a mode from `0400` to `0777`, such as `0644`"),
            );
            return None;
        }
        Some(mode)
    }

    fn volume(&mut self, entry: &Entry) -> Option<Volume> {
        let node = &entry.value;
        self.check_target(entry);
        let path = match node.get("path") {
            Some(path) => Some(self.plain(path)?.value),
            None => None,
        };
        Some(Volume {
            span: entry.key_span,
            source: self.template(node.get("source")?, Grammar::Placeholders)?,
            path,
            read_only: matches!(
                node.get("readOnly").map(|node| &node.kind),
                Some(Kind::Bool(true))
            ),
        })
    }

    /// A file or volume is mounted at an absolute path without `..`.
    fn check_target(&mut self, entry: &Entry) {
        let target = entry.key.as_str();
        let absolute = "write the full path in the container, such as `/etc/app/config.yaml`";
        let (problem, help) = if !target.starts_with('/') {
            ("is not an absolute path", absolute)
        } else if target.split('/').any(|part| part == "..") {
            ("contains `..`", absolute)
        } else if rules::parts(target).next().is_none() {
            ("is the root of the container", absolute)
        } else if let Some(problem) = path_problem(target) {
            (
                problem,
                "a container cannot have a file or folder with that name",
            )
        } else {
            return;
        };
        let target = shown(target);
        self.diagnostics.push(
            Diagnostic::new(
                Code::SpecFileTarget,
                format!("the target path `{target}` {problem}"),
            )
            .at(entry.key_span, "")
            .help(help),
        );
    }

    fn probe(&mut self, entry: &Entry) -> Option<Probe> {
        let node = &entry.value;
        let http_get = match node.get("httpGet") {
            Some(http) => {
                self.forbid_placeholders(http);
                Some(http_get(http)?)
            }
            None => None,
        };
        let exec = match node.get("exec") {
            Some(exec) => Some(self.commands(exec.get("command"))?),
            None => None,
        };
        Some(Probe {
            span: entry.key_span,
            http_get,
            exec,
        })
    }

    fn resource(&mut self, entry: &Entry) -> Resource {
        let node = &entry.value;
        let mut optional = |name: &str| node.get(name).and_then(|node| self.plain(node));
        let class = optional("class");
        let id = optional("id");
        let metadata = node.get("metadata").map(|node| {
            self.forbid_placeholders(node);
            node.to_value()
        });
        let params = node.get("params").map(|node| Params {
            node: node.clone(),
            value: node.to_value_with(&mut |text, span| {
                Template::parse(
                    text,
                    span,
                    Grammar::Placeholders,
                    self.sources,
                    self.diagnostics,
                )
            }),
        });
        Resource {
            span: entry.key_span,
            kind: self.required(node.get("type"), entry),
            class,
            id,
            metadata,
            params,
        }
    }

    /// The entries of a map that can be converted.
    fn map<T>(
        &mut self,
        node: Option<&Node>,
        mut f: impl FnMut(&mut Self, &Entry) -> Option<T>,
    ) -> Map<T> {
        let entries = node.map_or(&[][..], Node::entries);
        // The values are large, so that spare capacity would be noticeable.
        let mut map = Map::with_capacity_and_hasher(entries.len(), RandomState::default());
        for entry in entries {
            if let Some(value) = f(self, entry) {
                map.insert(entry.key.clone(), value);
            }
        }
        map
    }

    fn template(&mut self, node: &Node, grammar: Grammar) -> Option<Template> {
        let text = node.text()?;
        Some(Template::parse(
            text,
            node.span,
            grammar,
            self.sources,
            self.diagnostics,
        ))
    }

    fn commands(&mut self, node: Option<&Node>) -> Option<Vec<Template>> {
        let items = node?.items().iter();
        Some(
            items
                .filter_map(|item| self.template(item, Grammar::Escapes))
                .collect(),
        )
    }

    /// A string in which placeholders are not expanded.
    fn plain(&mut self, node: &Node) -> Option<Spanned<String>> {
        self.forbid_placeholders(node);
        text(node)
    }

    fn forbid_placeholders(&mut self, node: &Node) {
        match &node.kind {
            Kind::Text(text) => forbid(text, node.span, self.sources, self.diagnostics),
            Kind::List(items) => items.iter().for_each(|item| self.forbid_placeholders(item)),
            Kind::Map(entries) => entries
                .iter()
                .for_each(|entry| self.forbid_placeholders(&entry.value)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        }
    }

    /// Placeholders in keys are never expanded.
    fn forbid_placeholders_in_keys(&mut self, node: &Node) {
        match &node.kind {
            Kind::List(items) => items
                .iter()
                .for_each(|item| self.forbid_placeholders_in_keys(item)),
            Kind::Map(entries) => {
                for entry in entries {
                    forbid_in_key(&entry.key, entry.key_span, self.sources, self.diagnostics);
                    self.forbid_placeholders_in_keys(&entry.value);
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }

    /// Each placeholder must refer to metadata or a resource of the document.
    fn check_placeholders(&mut self, workload: &Workload) {
        each_template(workload, &mut |template| {
            for part in &template.parts {
                if let Part::Placeholder(placeholder) = part {
                    let found = self.diagnostics.len();
                    self.diagnostics
                        .extend(unknown(placeholder, workload, found));
                }
            }
        });
    }
}

/// Calls `f` with each template of a workload in which placeholders are expanded.
fn each_template(workload: &Workload, f: &mut impl FnMut(&Template)) {
    for container in workload.containers.values() {
        container.variables.values().for_each(&mut *f);
        for file in container.files.values() {
            if let FileContent::Text(template) = &file.content {
                f(template);
            }
        }
        for volume in container.volumes.values() {
            f(&volume.source);
        }
    }
    for params in workload
        .resources
        .values()
        .filter_map(|resource| resource.params.as_ref())
    {
        params.value.each_text(&mut |template| f(template));
    }
}

/// The diagnostic for a placeholder that refers to nothing, if it does. `found` is the number of
/// preceding ones; after many of them the diagnostic has no suggestion.
///
/// Public because the compiler reads the contents of a [`Workload`]'s files later.
pub fn unknown(placeholder: &Placeholder, workload: &Workload, found: usize) -> Option<Diagnostic> {
    let propose = found < MOST_PROPOSALS;
    match &placeholder.root {
        Root::Resource(name) if workload.resources.contains_key(name) => None,
        Root::Resource(name) => {
            let declared = || workload.resources.keys().map(String::as_str);
            let found = Diagnostic::new(
                Code::SpecUnknownResource,
                format!("unknown resource `{name}`"),
            )
            .at(placeholder.span, "");
            Some(if propose {
                found.help(match nearest(name, declared()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if workload.resources.is_empty() => {
                        format!("declare it under `resources`: `{name}: {{type: …}}`")
                    }
                    None => format!("the workload declares {}", listed(declared())),
                })
            } else {
                found
            })
        }
        Root::Metadata => unknown_metadata(placeholder, &workload.metadata, propose),
    }
}

fn unknown_metadata(
    placeholder: &Placeholder,
    metadata: &Value,
    propose: bool,
) -> Option<Diagnostic> {
    let mut at = metadata;
    for key in &placeholder.path {
        let Some(value) = at.get(key) else {
            let message = format!("unknown metadata `{key}`");
            let found =
                Diagnostic::new(Code::SpecUnknownMetadata, message).at(placeholder.span, "");
            if !propose {
                return Some(found);
            }
            let known: Vec<&str> = match at {
                Value::Map(entries) => entries.keys().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            return Some(found.help(
                match (nearest(key, known.iter().copied()), known.is_empty()) {
                    (Some(meant), _) => format!("did you mean `{meant}`?"),
                    (None, false) => format!("available keys: {}", listed(known)),
                    (None, true) => format!("{} has no keys", at.kind()),
                },
            ));
        };
        at = value;
    }
    None
}

/// A path for messages: on one line, and truncated if it is long.
fn shown(path: &str) -> String {
    const LONG: usize = 80;
    let mut shown: String = path.chars().take(LONG).collect();
    if shown.len() < path.len() {
        shown.push('…');
    }
    shown.replace('\0', "\\0")
}

fn text(node: &Node) -> Option<Spanned<String>> {
    Some(Spanned::new(node.text()?.to_owned(), node.span))
}

/// Strings by name, each with the location of its name.
fn texts(node: Option<&Node>) -> Map<Spanned<String>> {
    node.map_or(&[][..], Node::entries)
        .iter()
        .filter_map(|entry| {
            let value = entry.value.text()?.to_owned();
            Some((entry.key.clone(), Spanned::new(value, entry.key_span)))
        })
        .collect()
}

fn number(node: Option<&Node>) -> Option<u16> {
    match &node?.kind {
        Kind::Number(number) => number
            .as_u64()
            .or_else(|| whole(number.as_f64()?))
            .and_then(|number| u16::try_from(number).ok())
            .filter(|number| *number > 0),
        _ => None,
    }
}

/// JSON Schema accepts `80.0` as an integer.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0)
        .then(|| format!("{number:.0}").parse().ok())
        .flatten()
}

fn port(entry: &Entry) -> Option<Port> {
    let node = &entry.value;
    let port = number(node.get("port"))?;
    Some(Port {
        span: entry.key_span,
        port,
        target: match node.get("targetPort") {
            Some(target) => number(Some(target))?,
            None => port,
        },
        protocol: match node.get("protocol").and_then(Node::text) {
            Some("UDP") => Protocol::Udp,
            _ => Protocol::Tcp,
        },
    })
}

fn before_entry(entry: &Entry) -> Option<Before> {
    Some(Before {
        span: entry.key_span,
        ready: match entry.value.get("ready")?.text()? {
            "started" => Ready::Started,
            "healthy" => Ready::Healthy,
            "complete" => Ready::Complete,
            _ => return None,
        },
    })
}

fn http_get(node: &Node) -> Option<HttpGet> {
    let optional = |name| node.get(name).and_then(Node::text).map(str::to_owned);
    let headers = node.items_at("httpHeaders").iter();
    Some(HttpGet {
        host: optional("host"),
        scheme: optional("scheme"),
        path: optional("path")?,
        port: number(node.get("port"))?,
        headers: headers
            .filter_map(|header| {
                let text = |name| Some(header.get(name)?.text()?.to_owned());
                Some((text("name")?, text("value")?))
            })
            .collect(),
    })
}
