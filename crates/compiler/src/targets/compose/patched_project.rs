//! A Compose project that patch templates have changed, and what is wrong with it.

use score_compat::list::Tool;
use score_spec::diagnostic::{listed, nearest};
use score_spec::{Code, Diagnostic, Value};

use super::SECTIONS;
use super::fields::{Mistake, MistakeKind, Nulls, mistakes, of_section};
use super::provisioned_entries::is_name;
use super::variable::{OTHER_NAME, own_variable};
use crate::ir::{PatchTemplates, Ref, Sealed, Text, Tree};
use crate::targets::patch_templates::{PatchPart, PatchTree, Patcher, finished, visit};
use crate::targets::settle::Unresolved;

/// The fields of a service of which each has one.
const SOURCES: [&str; 4] = ["build", "extends", "image", "provider"];

/// The section for the name of the project.
const NAME: &str = "name";

/// The name of a project without one, which Compose takes from its folder.
const UNNAMED: &str = "${COMPOSE_PROJECT_NAME}";

/// The project after the patch templates. If a template fails, which is reported, the project before it.
pub(super) fn patched(
    project: Tree<Sealed>,
    templates: &PatchTemplates,
    diagnostics: &mut Vec<Diagnostic>,
) -> Tree<Sealed> {
    let mut patcher = Patcher::new(templates, Tool::Compose, "");
    // The file contains no secrets.
    let plain = |text: &Text<Sealed>| Text::from(text.as_plain().unwrap_or_default());
    let mut named = project.clone();
    if let Tree::Map(sections) = &mut named
        && !sections.contains_key(NAME)
    {
        sections.shift_insert(0, NAME.to_owned(), Tree::Text(UNNAMED.into()));
    }
    let mut document = patcher.tree(&named, &plain);
    if patcher
        .apply(&mut document, &resolve, diagnostics)
        .is_none()
    {
        return project;
    }
    let checking = Checking {
        before: &project,
        patcher: &patcher,
        document: &document,
    };
    checking.check(diagnostics);
    let mut project = finished(&document);
    if let Tree::Map(sections) = &mut project {
        if let Some(Tree::Text(name)) = sections.get(NAME)
            && name.as_plain() == Some(UNNAMED)
        {
            sections.shift_remove(NAME);
        }
        if let Some(Tree::Map(services)) = sections.get_mut("services") {
            services.sort_unstable_keys();
        }
    }
    project
}

/// Secrets are in other files, which templates do not change.
fn resolve(_: &Ref) -> Result<Text<Sealed>, Unresolved> {
    Err(Unresolved {
        problem: "a random value would be readable in the Compose file".to_owned(),
        help: "create it in a provisioner, whose secrets are kept in other files",
    })
}

struct Checking<'a> {
    before: &'a Tree<Sealed>,
    patcher: &'a Patcher<'a>,
    document: &'a PatchTree<Sealed>,
}

impl Checking<'_> {
    fn check(&self, diagnostics: &mut Vec<Diagnostic>) {
        let Value::Map(sections) = self.document else {
            return;
        };
        for (section, entries) in sections.iter() {
            let path = [section.as_str()];
            if section.starts_with("x-") {
                continue;
            }
            if section == NAME {
                if !matches!(entries, Value::Text(_)) {
                    let problem =
                        format!("expected a string at `{NAME}`, found {}", entries.kind());
                    diagnostics.push(self.wrong(&path, &problem, None));
                }
                continue;
            }
            if of_section(section).is_none() {
                let mut sections = SECTIONS.map(|(name, _)| name);
                sections.sort_unstable();
                let help = nearest(section, sections);
                let help = match help {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the sections are {}", listed(sections.into_iter())),
                };
                let problem = format!("a Compose file has no section `{}`", shown(section));
                diagnostics.push(self.wrong(&path, &problem, Some(help)));
                continue;
            }
            match entries {
                Value::Null => {}
                Value::Map(entries) => {
                    for (name, entry) in entries.iter() {
                        self.entry(section, name, entry, diagnostics);
                    }
                }
                other => {
                    let problem = format!("expected a map at `{section}`, found {}", other.kind());
                    diagnostics.push(self.wrong(&path, &problem, None));
                }
            }
        }
        self.own_variables(diagnostics);
    }

    fn entry(
        &self,
        section: &str,
        name: &str,
        entry: &PatchTree<Sealed>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let path = [section, name];
        if !is_name(name) {
            let problem = format!("`{}` is not a valid key in `{section}`", shown(name));
            let help = "a name consists of letters, digits, `-`, `_` and `.`".to_owned();
            diagnostics.push(self.wrong(&path, &problem, Some(help)));
        }
        let Some(of) = of_section(section) else {
            return;
        };
        let is_service = section == "services";
        if !matches!(entry, Value::Map(_)) && (is_service || !matches!(entry, Value::Null)) {
            let expected = if is_service { "a service" } else { "a map" };
            let problem = format!(
                "expected {expected} at `{}`, found {}",
                path.join("."),
                entry.kind()
            );
            diagnostics.push(self.wrong(&path, &problem, None));
        }
        if is_service && !SOURCES.iter().any(|key| entry.get(key).is_some()) {
            let problem = format!(
                "the service `{}` has neither an image nor a build",
                shown(name)
            );
            diagnostics.push(self.wrong(&path, &problem, None));
        }
        if !matches!(entry, Value::Map(_)) {
            return;
        }
        let of = (of, name);
        let entry = entry.map_text(&mut |text| text.as_ref().to_owned());
        // Provisioners and the project file can have mistakes, which are reported there or by Compose.
        let before = self.before.get(section).and_then(|it| it.get(name));
        let before = before.map(|it| it.map_text(&mut |text| text.redact()));
        let before = before.map_or_else(Vec::new, |it| mistakes(&it, of.0, Nulls::Values));
        let found = mistakes(&entry, of.0, Nulls::Values);
        for mistake in found.iter().filter(|it| !before.contains(it)) {
            diagnostics.push(self.mistake(section, of, mistake));
        }
    }

    fn mistake(&self, section: &str, (of, name): (&str, &str), mistake: &Mistake) -> Diagnostic {
        let steps = mistake.path.iter().map(String::as_str);
        let path: Vec<&str> = [section, name].into_iter().chain(steps).collect();
        let field = shown(&mistake.path.join("."));
        match &mistake.kind {
            MistakeKind::Unknown(_) => {
                let problem = format!("the {of} `{name}` has no field `{field}`");
                self.wrong(&path, &problem, mistake.similar())
            }
            MistakeKind::Form { expected, .. } => {
                let problem = format!("expected {expected} at `{field}` of the {of} `{name}`");
                self.wrong(&path, &problem, None)
            }
        }
    }

    /// Reports variables of score-rs itself in keys and in what templates wrote: Compose would pass them on.
    fn own_variables(&self, diagnostics: &mut Vec<Diagnostic>) {
        let mut report = |path: &[String], text: &str| {
            if let Some(own) = own_variable(text) {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let problem = format!("`{own}` is a variable of score-rs itself");
                diagnostics.push(self.wrong(&path, &problem, Some(OTHER_NAME.to_owned())));
            }
        };
        visit(
            self.document,
            &mut Vec::new(),
            &mut |path, part| match part {
                PatchPart::Key(key) => report(path, key),
                PatchPart::Text(text) if text.written_by.is_some() => report(path, text.as_ref()),
                PatchPart::Text(_) => {}
            },
        );
    }

    fn wrong(&self, path: &[&str], problem: &str, help: Option<String>) -> Diagnostic {
        let message = format!("{problem}, after the patch templates");
        let found = Diagnostic::new(Code::PatchInvalid, message);
        let found = match self.patcher.place(self.document, path) {
            Some(place) => found.at(place, ""),
            None => found,
        };
        match help {
            Some(help) => found.help(help),
            None => found,
        }
    }
}

/// A name without control characters.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}
