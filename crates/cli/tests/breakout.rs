//! User input never breaks out of its place: a string with quotes, line breaks, YAML, `{{` or `${`
//! results in a diagnostic, or appears unchanged where it belongs. It never creates an object, key,
//! line or template action that a harmless string would not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[path = "breakout/chart.rs"]
mod chart;

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::{
    Commands, Compiler, Inputs, Memory, OutputContent, ProjectKey, Target, target, targets,
};
use score_spec::{Kind, Node, Sources, diagnostic::any_error, parse};

/// The documents in a data file of this test.
fn data(text: &str) -> Vec<Node> {
    let mut sources = Sources::new();
    let id = sources.add("data", text);
    let parsed = parse(&sources, id);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    parsed.documents
}

/// The strings to try in each place: those of the data file, long ones, and all of them combined.
/// combined.
fn nasty() -> Vec<String> {
    let data = data(include_str!("breakout/texts.yaml"));
    let texts = data[0].items().iter();
    let mut texts: Vec<String> = texts.map(|it| it.text().unwrap().to_owned()).collect();
    let long = ["x", "é", "a ", "a\n"].map(|part| part.repeat(300));
    texts.extend(long);
    // In doubled text, an open `${` would end at the next `}`.
    let plain: Vec<&str> = texts.iter().map(String::as_str).collect();
    let plain: Vec<&str> = plain.into_iter().filter(|it| !it.contains('$')).collect();
    texts.push(plain.join("a"));
    texts
}

/// A place for user input, as described in `breakout/places.yaml`.
struct Place {
    name: String,
    spec: String,
    /// The provisioner; `None` if only the catalogue is used.
    provisioner: Option<String>,
    /// The values that the command of the provisioner answers, as JSON.
    answer: Option<String>,
    prefix: String,
    harmless: String,
    derived: bool,
    expands: bool,
    folder: bool,
}

/// The beginning of a provisioner, before its place.
const PROVISIONER: &str = "\
apiVersion: score-rs/v1
kind: Provisioner
type: thing
params: {properties: {x: {}}}
";

/// The outputs of a provisioner, unless they are the place.
const OUTPUTS: &str = "outputs: {properties: {x: {}}}\n";

/// The command of a provisioner whose place is in the answer, and the beginning of the answer.
const RUN: &str = "run: {command: [answer]}\n";
const ANSWER: &str = r#"{"version": "score-rs/run/v1", "values": "#;

/// The container and the resource for a place in a provisioner.
const USER: &str = "image: nginx:1, variables: {A: \"${resources.thing.x}\"}";
const THING: &str = "thing: {type: thing, params: {x: \"@\"}}";

/// The resource for a place in an answer.
const ANSWERED: &str = "thing: {type: thing}";

impl Place {
    fn read(node: &Node) -> Self {
        let text = |field: &str| node.get(field).map(|it| it.text().unwrap().to_owned());
        let flag = |field: &str| node.get(field).is_some();
        let provisioner = text("provisioner");
        let answer = text("answer");
        let (container, resources) = match (&provisioner, &answer) {
            (Some(_), Some(_)) => (USER, ANSWERED),
            (Some(_), None) => (USER, THING),
            (None, _) => ("image: nginx:1", ""),
        };
        let container = text("container").unwrap_or_else(|| container.to_owned());
        let part = |field: &str, default: &str| text(field).unwrap_or_else(|| default.to_owned());
        // A param of a provisioner gets its value from the Score file.
        let is_param = provisioner.is_some() && answer.is_none() && !flag("resources");
        Self {
            name: text("place").unwrap(),
            spec: format!(
                "apiVersion: score.dev/v1b1\nmetadata: {{{}}}\nservice: {{ports: {{{}}}}}\ncontainers: {{{}}}\nresources: {{{}}}\n",
                part("metadata", "name: web"),
                part("ports", "http: {port: 80}"),
                part("containers", &format!("main: {{{container}}}")),
                part("resources", resources),
            ),
            provisioner: provisioner.map(|it| {
                let outputs = if it.contains("outputs:") { "" } else { OUTPUTS };
                let run = if answer.is_some() { RUN } else { "" };
                format!("{PROVISIONER}{outputs}{run}{it}")
            }),
            answer,
            prefix: part("prefix", ""),
            harmless: part("harmless", "harmless"),
            derived: flag("derived"),
            expands: flag("expands") || is_param,
            folder: flag("folder"),
        }
    }
}

fn places() -> Vec<Place> {
    let data = data(include_str!("breakout/places.yaml"));
    data[0].items().iter().map(Place::read).collect()
}

/// The rendered files.
#[derive(Default)]
struct Rendered {
    /// The trees of the main file, or those of the values, description and templates of a chart.
    documents: Vec<Node>,
    /// The other files by path.
    files: BTreeMap<String, String>,
    /// The actions of templates.
    actions: Vec<String>,
    /// The literals in those actions, and the images in values.
    literals: Vec<String>,
}

/// Renders a place with a string. Returns `None` if an error is reported.
fn render(
    place: &Place,
    text: &str,
    target: &'static dyn Target,
) -> Result<Option<Rendered>, String> {
    let spec = place.spec.replace('@', &escaped(text));
    let mut compiler = Compiler::new().with_commands(Commands::Run);
    let inputs = Inputs::new().with_spec("score.yaml", spec);
    if let Some(provisioner) = &place.provisioner {
        let provisioner = provisioner.replace('@', &escaped(text));
        compiler = compiler.with_provisioners("thing.yaml", provisioner);
    }
    let mut world = Memory::new();
    if let Some(answer) = &place.answer {
        let values = answer.replace('@', &escaped_for_json(text));
        world = world.with_command(&["answer"], format!("{ANSWER}{values}}}"));
    }
    let outcome = compiler.compile(&world, inputs).render(target);
    if any_error(&outcome.diagnostics) {
        return match outcome.files.as_slice() {
            [] => Ok(None),
            _ => Err("there are files in spite of an error".to_owned()),
        };
    }
    let key = ProjectKey::new([7; 32]);
    let mut rendered = Rendered::default();
    for file in outcome.files {
        let OutputContent::Text(content) = file.content else {
            continue;
        };
        let content = content.reveal(&key).into_owned();
        match file.path {
            None => rendered.documents = documents(&content)?,
            Some(path) if !is_inside(&path, target) => {
                return Err(format!("the path {path:?} leads elsewhere"));
            }
            Some(path) if target.is_folder() => {
                let problem = |problem| format!("{path}: {problem}");
                rendered.add_of_chart(&path, content).map_err(problem)?;
            }
            Some(path) => {
                rendered.files.insert(path, content);
            }
        }
    }
    rendered.actions.sort();
    Ok(Some(rendered))
}

/// A string as escaped in double quotes in JSON.
fn escaped_for_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A string as escaped in double quotes in YAML.
fn escaped(text: &str) -> String {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic() && c != '"' && c != '\\' && c != '@';
    text.chars()
        .map(|c| match c {
            c if plain(c) => c.to_string(),
            c => format!("\\U{:08x}", u32::from(c)),
        })
        .collect()
}

fn documents(content: &str) -> Result<Vec<Node>, String> {
    let mut sources = Sources::new();
    let id = sources.add("rendered", content);
    let parsed = parse(&sources, id);
    match parsed.diagnostics.first() {
        Some(found) => Err(found.message.clone()),
        None => Ok(parsed.documents),
    }
}

/// Whether a path stays in the output folder, or in `.score-rs` if the output is a file.
fn is_inside(path: &str, target: &dyn Target) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    (target.is_folder() || parts[0] == ".score-rs")
        && !parts.iter().any(|part| matches!(*part, "" | "." | ".."))
        && !path.contains(|c: char| c.is_control() || c == '\\')
}

/// A tree without its strings and keys, with entries in an order that does not depend on keys.
fn shape(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(_) => "bool".to_owned(),
        Kind::Number(_) => "number".to_owned(),
        Kind::Text(_) => "text".to_owned(),
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(shape).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Map(entries) => {
            let mut entries: Vec<String> = entries.iter().map(|it| shape(&it.value)).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// Calls `f` with each key and each string in a tree.
fn each<'a>(node: &'a Node, f: &mut impl FnMut(Part<'a>)) {
    match &node.kind {
        Kind::Text(text) => f(Part::Text(text)),
        Kind::List(items) => items.iter().for_each(|item| each(item, f)),
        Kind::Map(entries) => {
            for entry in entries {
                f(Part::Key(&entry.key));
                each(&entry.value, f);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

enum Part<'a> {
    Key(&'a str),
    Text(&'a str),
}

impl Rendered {
    /// Adds a file of a chart. JSON is parsed as YAML.
    fn add_of_chart(&mut self, path: &str, content: String) -> Result<(), String> {
        let mut content = content;
        if path.starts_with("templates/") {
            let template = chart::read(&content)?;
            self.actions.extend(template.actions);
            self.literals.extend(template.literals);
            content = template.text;
        }
        if [".yaml", ".json"].iter().any(|end| path.ends_with(end)) {
            let documents = documents(&content)?;
            for document in &documents {
                chart::images(document, &mut self.literals);
            }
            self.documents.extend(documents);
        } else {
            self.files.insert(path.to_owned(), content);
        }
        Ok(())
    }

    fn shapes(&self) -> Vec<String> {
        // Objects are sorted by name, which may be derived from the string.
        let mut shapes: Vec<String> = self.documents.iter().map(shape).collect();
        shapes.sort();
        shapes
    }

    fn keys(&self) -> BTreeSet<&str> {
        let mut keys = BTreeSet::new();
        for document in &self.documents {
            each(document, &mut |part| match part {
                Part::Key(key) => {
                    keys.insert(key);
                }
                Part::Text(_) => {}
            });
        }
        keys
    }

    /// Whether the output contains a string unchanged, as read by the target. Compose replaces `$$`
    /// with `$` everywhere, Kubernetes in variables, commands and arguments.
    fn holds(&self, wanted: &str, target: &dyn Target) -> bool {
        // The README repeats values for readers, which does not count.
        let mut files = self.files.iter().filter(|(path, _)| *path != "README.md");
        let mut found = files.any(|(_, it)| it.contains(wanted));
        found |= self.literals.iter().any(|it| it.contains(wanted));
        for document in &self.documents {
            each(document, &mut |part| {
                found |= match part {
                    Part::Key(key) => key.contains(wanted),
                    Part::Text(text) if target.name() == "compose" => {
                        text.replace("$$", "$").contains(wanted)
                    }
                    Part::Text(text) => {
                        text.contains(wanted) || text.replace("$$", "$").contains(wanted)
                    }
                }
            });
        }
        found
    }

    /// The number of lines in files in which a line break ends an entry.
    fn lines(&self) -> usize {
        let ends = [".env", "/nginx.conf", "README.md", ".txt", ".tpl"];
        let of_lines = |path: &str| ends.iter().any(|end| path.ends_with(end));
        let files = self.files.iter().filter(|(path, _)| of_lines(path));
        files.map(|(_, content)| content.lines().count()).sum()
    }

    /// Checks that the output differs from that of a harmless string only by the string.
    fn beyond(&self, harmless: &Self) -> Result<(), String> {
        if self.actions != harmless.actions {
            let (found, known) = (&self.actions, &harmless.actions);
            let more: Vec<_> = found.iter().filter(|it| !known.contains(it)).collect();
            let less: Vec<_> = known.iter().filter(|it| !found.contains(it)).collect();
            return Err(format!("the actions {more:?} for {less:?}"));
        }
        let (shapes, known) = (self.shapes(), harmless.shapes());
        if shapes != known {
            let found: Vec<_> = shapes.iter().filter(|it| !known.contains(it)).collect();
            return Err(format!("another shape: {found:?}"));
        }
        let (found, known) = (self.keys(), harmless.keys());
        let more: Vec<_> = found.difference(&known).collect();
        let less: Vec<_> = known.difference(&found).collect();
        let own = less
            .iter()
            .all(|key| key.to_lowercase().contains("harmless"));
        if !own || more.len() > less.len() {
            return Err(format!("the keys {more:?} for {less:?}"));
        }
        if self.files.len() != harmless.files.len() || self.lines() != harmless.lines() {
            return Err(format!(
                "{} lines rather than {}",
                self.lines(),
                harmless.lines()
            ));
        }
        let proxies = self
            .files
            .iter()
            .filter(|(path, _)| path.ends_with("/nginx.conf"));
        for (_, content) in proxies {
            let mut lines = content.lines().map(str::trim);
            if let Some(line) = lines.find(|it| it.starts_with("location") && !is_location(it)) {
                return Err(format!("the line {line:?}"));
            }
        }
        Ok(())
    }
}

/// Whether a line of the proxy configuration has a quoted pattern with nothing after it.
fn is_location(line: &str) -> bool {
    let pattern = line.strip_prefix("location ~ \"");
    let Some(pattern) = pattern.and_then(|it| it.strip_suffix("\" {")) else {
        return false;
    };
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return false,
            '\\' if chars.next().is_none() => return false,
            _ => {}
        }
    }
    true
}

/// Returns an error if a string breaks out of a place.
fn check(
    place: &Place,
    text: &str,
    harmless: &[Rendered],
    target: &'static dyn Target,
) -> Result<(), String> {
    // Where `$` begins a placeholder, the string with each `$` doubled must arrive unchanged.
    let mut written = vec![(text.to_owned(), !place.expands || !text.contains('$'))];
    if place.expands && text.contains('$') {
        written.push((text.replace('$', "$$"), true));
    }
    for (written, as_it_is) in &written {
        let Some(rendered) = render(place, written, target)? else {
            continue;
        };
        let problems: Vec<String> = harmless
            .iter()
            .map_while(|harmless| rendered.beyond(harmless).err())
            .collect();
        if problems.len() == harmless.len() {
            return Err(problems.join(", and "));
        }
        // Some places are not rendered by every target.
        let is_seen = harmless[0].holds(&place.harmless, target) && !place.derived;
        let wanted = if place.folder {
            text.trim_matches('/')
        } else {
            text
        };
        if is_seen && *as_it_is && !rendered.holds(wanted, target) {
            return Err("the text is lost".to_owned());
        }
    }
    Ok(())
}

/// The forms in which a string can appear in a chart; `@` stands for a harmless string. A reference
/// to a container variable is not a value, and neither is text that Helm would change. A string
/// that equals the name of an object is replaced with that name.
const WAYS: [&str; 5] = ["@", "$$(@)", "@\n\n", "@<no value>", "${metadata.name}"];

/// Renders a place with harmless strings.
fn harmless(place: &Place, target: &'static dyn Target) -> Vec<Rendered> {
    let ways = if target.is_folder() {
        &WAYS
    } else {
        &WAYS[..1]
    };
    let texts = ways
        .iter()
        .map(|way| format!("{}{}", place.prefix, way.replace('@', &place.harmless)));
    let rendered = texts.map(|text| render(place, &text, target));
    let rendered: Vec<_> = rendered.map(|it| it.ok().flatten()).collect();
    match rendered[0] {
        None => Vec::new(),
        Some(_) => rendered.into_iter().flatten().collect(),
    }
}

/// Tries each string in each place, separately and combined.
fn nothing_breaks_out_of(target: &'static dyn Target) {
    let mut problems = Vec::new();
    let texts = nasty();
    for place in places() {
        let name = &place.name;
        let harmless = harmless(&place, target);
        if harmless.is_empty() {
            problems.push(format!("{name}: nothing is harmless"));
            continue;
        }
        for text in &texts {
            let text = format!("{}{text}", place.prefix);
            if place.folder && text.trim_matches('/').is_empty() {
                continue;
            }
            if let Err(problem) = check(&place, &text, &harmless, target) {
                let text: String = text.chars().take(50).collect();
                problems.push(format!("{name}: {text:?}: {problem}"));
            }
        }
    }
    let number = problems.len();
    problems.truncate(50);
    assert_eq!(number, 0, "{}", problems.join("\n"));
}

#[test]
fn nothing_breaks_out_of_compose() {
    nothing_breaks_out_of(target("compose").unwrap());
}

#[test]
fn nothing_breaks_out_of_kubernetes() {
    nothing_breaks_out_of(target("kubernetes").unwrap());
}

#[test]
fn nothing_breaks_out_of_helm() {
    nothing_breaks_out_of(target("helm").unwrap());
}

#[test]
fn every_target_is_tried() {
    let names: Vec<&str> = targets().into_iter().map(Target::name).collect();
    assert_eq!(names, ["compose", "kubernetes", "helm"]);
}
