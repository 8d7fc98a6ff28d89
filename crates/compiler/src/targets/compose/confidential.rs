//! Secrets of the services of provisioners, which are in env files, and the files that their services mount.

use std::borrow::Cow;

use score_spec::{Code, Diagnostic, Map};

use super::files::{Parts, mounts};
use super::provisioned_entries::{PLATFORM, is_name};
use crate::ir::{App, Raw, Ref, Sealed, Segment, Text, Tree};
use crate::targets::{Compose, OutputContent, OutputFile};

/// The mode of mounted files: a container may run as another user, and only their owner can access the folders around
/// them.
const MODE: u32 = 0o644;

/// The shells whose option `-c` is followed by a script.
const SHELLS: [&str; 6] = ["sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"];

/// The entries of provisioners without the secrets of services that a container can read from a variable. The files of
/// these are added to `parts`.
pub(super) fn entries<'a>(
    app: &'a App,
    options: &Compose,
    parts: &mut Parts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Cow<'a, Raw>> {
    let mounted = mounted(app, &mounts(options), diagnostics);
    parts.files.extend(mounted);
    let raw = app.objects(PLATFORM);
    raw.map(|raw| without_secrets(raw, parts, diagnostics))
        .collect()
}

fn without_secrets<'a>(
    raw: &'a Raw,
    parts: &mut Parts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Cow<'a, Raw> {
    let services = raw.tree.get("services");
    if !services.is_some_and(has_secret) {
        return Cow::Borrowed(raw);
    }
    let places = raw.clone();
    let mut raw = raw.clone();
    if let Tree::Map(sections) = &mut raw.tree
        && let Some(Tree::Map(services)) = sections.get_mut("services")
    {
        // Other names are reported with the entries.
        for (name, service) in services.iter_mut().filter(|(name, _)| is_name(name)) {
            let mut file = EnvFile::default();
            if let Tree::Map(service) = service {
                file.take(service);
                let problems = file.problems(name, &places);
                diagnostics.extend(problems);
                file.write(name, service, parts, diagnostics);
            }
        }
    }
    Cow::Owned(raw)
}

fn has_secret(tree: &Tree) -> bool {
    let mut found = false;
    tree.each_text(&mut |text: &Text| found |= text.is_secret());
    found
}

/// The variables of a service with secrets.
#[derive(Default)]
struct EnvFile {
    variables: Map<Text>,
}

impl EnvFile {
    /// Takes the secrets out of the variables, and replaces them in scripts by variables.
    fn take(&mut self, service: &mut Map<Tree>) {
        if let Some(Tree::Map(environment)) = service.get_mut("environment") {
            let secret = environment.extract_if(.., |_, value| has_secret(value));
            let secret: Vec<(String, Tree)> = secret.collect();
            for (name, value) in secret {
                if let Tree::Text(text) = value {
                    self.variables.insert(name, text);
                }
            }
            if environment.is_empty() {
                service.shift_remove("environment");
            }
        }
        let mut is_shell = false;
        for field in ["entrypoint", "command"] {
            if let Some(Tree::List(words)) = service.get_mut(field) {
                is_shell = self.in_script(words, is_shell);
            }
        }
        if let Some(Tree::Map(check)) = service.get_mut("healthcheck")
            && let Some(Tree::List(words)) = check.get_mut("test")
        {
            self.in_test(words);
        }
    }

    /// Replaces secrets in the script of a shell. Returns whether the list of words ends with the option for one.
    fn in_script(&mut self, words: &mut [Tree], is_shell: bool) -> bool {
        let plain = |word: Option<&Tree>| match word {
            Some(Tree::Text(text)) => text.as_plain().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let names_shell = is_shell || SHELLS.contains(&plain(words.first()).as_str());
        let option = words.iter().position(|word| plain(Some(word)) == "-c");
        match option {
            Some(at) if names_shell => {
                if let Some(Tree::Text(script)) = words.get_mut(at + 1) {
                    *script = self.script(script);
                }
                false
            }
            _ => names_shell && words.len() == 1,
        }
    }

    /// The script with variables in place of secrets.
    fn script(&mut self, script: &Text) -> Text {
        script.map(|reference| match reference {
            Ref::Secret(_) => format!("${{{}}}", self.variable(reference)).into(),
            other => other.clone().into(),
        })
    }

    /// Replaces secrets in a health check, which a shell runs then.
    fn in_test(&mut self, words: &mut Vec<Tree>) {
        let is = |word: Option<&Tree>, name: &str| match word {
            Some(Tree::Text(text)) => text.as_plain() == Some(name),
            _ => false,
        };
        if !words.iter().any(has_secret) {
            return;
        }
        if is(words.first(), "CMD-SHELL") {
            for word in words.iter_mut() {
                if let Tree::Text(text) = word {
                    *text = self.script(text);
                }
            }
        } else if is(words.first(), "CMD") {
            let quoted = words[1..].iter().map(|word| match word {
                Tree::Text(text) => self.quoted(text),
                _ => Text::new(),
            });
            let mut script = Text::new();
            for word in quoted {
                if !script.segments().is_empty() {
                    script.push_str(" ");
                }
                script.append(word);
            }
            *words = vec![Tree::Text("CMD-SHELL".into()), Tree::Text(script)];
        }
    }

    /// A word of a script.
    fn quoted(&mut self, word: &Text) -> Text {
        let parts = word.segments().iter().map(|segment| match segment {
            Segment::Plain(plain) if plain.chars().all(is_bare) => Text::from(plain.as_str()),
            Segment::Plain(plain) => format!("'{}'", plain.replace('\'', "'\\''")).into(),
            Segment::Ref(reference @ Ref::Secret(_)) => {
                format!("\"${{{}}}\"", self.variable(reference)).into()
            }
            Segment::Ref(other) => other.clone().into(),
        });
        let mut whole = Text::new();
        parts.for_each(|part| whole.append(part));
        whole
    }

    /// The variable with this secret.
    fn variable(&mut self, secret: &Ref) -> String {
        let wanted: Text = secret.clone().into();
        let known = self.variables.iter().find(|(_, value)| **value == wanted);
        if let Some((name, _)) = known {
            return name.clone();
        }
        let name = (1..).map(|number| format!("SECRET_{number}"));
        let name = { name }.find(|name| !self.variables.contains_key(name));
        let name = name.unwrap_or_default();
        self.variables.insert(name.clone(), wanted);
        name
    }

    /// Reports variables that an env file cannot contain: with other names, or with line breaks.
    fn problems(&self, service: &str, raw: &Raw) -> Vec<Diagnostic> {
        let is_wrong = |c: char| c.is_whitespace() || c.is_control() || "=#".contains(c);
        let breaks = |segment: &Segment| {
            let known = match segment {
                Segment::Plain(plain) => Some(plain.as_str()),
                Segment::Ref(Ref::Secret(secret)) => secret.external(),
                Segment::Ref(_) => None,
            };
            known.is_some_and(|known| known.contains(['\n', '\r', '\0']))
        };
        let mut found = Vec::new();
        for (name, value) in &self.variables {
            let problem = if name.is_empty() || name.contains(is_wrong) {
                "a secret, but an env file cannot contain a variable with that name"
            } else if value.segments().iter().any(breaks) {
                "a secret and a line break, which an env file cannot combine"
            } else {
                continue;
            };
            let message = format!(
                "the variable `{}` of the service `{service}` contains {problem}",
                name.escape_debug()
            );
            let place = raw.place(&["services", service, "environment", name]);
            let problem = Diagnostic::new(Code::ProvisionerInvalid, message).at(place, "");
            found.push(problem.help("put the value into a file that the service mounts"));
        }
        found
    }

    /// Writes the file, to which the service refers then.
    fn write(
        self,
        name: &str,
        service: &mut Map<Tree>,
        parts: &mut Parts,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if self.variables.is_empty() {
            return;
        }
        let mut content = Text::new();
        for (name, value) in &self.variables {
            content.push_str(name);
            content.push_str("=");
            content.append(sealed(value, diagnostics));
            content.push_str("\n");
        }
        let path = parts.add_env_file(name, content);
        let text = |text: &str| Tree::Text(text.into());
        let entry = Tree::from_iter([
            ("path".to_owned(), text(&path)),
            ("required".to_owned(), Tree::Bool(false)),
            ("format".to_owned(), text("raw")),
        ]);
        let files = service.entry("env_file".to_owned());
        let files = files.or_insert_with(|| Tree::List(Vec::new()));
        if let Tree::List(files) = files {
            files.push(entry);
        }
    }
}

/// Whether a shell reads the character as it is.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c)
}

/// The text of a file. Environment variables are known only to Compose.
fn sealed(text: &Text, diagnostics: &mut Vec<Diagnostic>) -> Text<Sealed> {
    let mut unknown = None;
    let sealed = text.map(|reference| match reference {
        Ref::Secret(secret) => std::sync::Arc::clone(secret).into(),
        Ref::Host(host) => host.as_str().into(),
        Ref::Parameter(parameter) => parameter.default_text(),
        Ref::Env { name, .. } => {
            unknown.get_or_insert_with(|| format!("the environment variable `{name}`"));
            Text::new()
        }
        Ref::Port { .. } | Ref::Variable(_) | Ref::KeyRef(_) => {
            unknown.get_or_insert_with(|| "a value that is known only later".to_owned());
            Text::new()
        }
    });
    if let Some(unknown) = unknown {
        let message = format!(
            "a file of a provisioner contains {unknown}, which Compose replaces only in `compose.yaml`"
        );
        let found = Diagnostic::new(Code::ProvisionerInvalid, message);
        diagnostics
            .push(found.help("set the variable in `variables` of the project or the environment"));
    }
    sealed
}

/// The files that services of provisioners mount.
fn mounted(app: &App, folder: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<OutputFile> {
    let mut files: Map<Text<Sealed>> = Map::default();
    for (path, content) in app.written.values().flat_map(|written| &written.files) {
        files.insert(path.clone(), sealed(content, diagnostics));
    }
    files.sort_keys();
    let files = files.into_iter().map(|(path, content)| OutputFile {
        path: Some(format!("{folder}/{path}")),
        content: OutputContent::Text(content),
        mode: MODE,
        is_path_hidden: false,
    });
    files.collect()
}
