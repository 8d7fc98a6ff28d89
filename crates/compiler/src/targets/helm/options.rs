//! What a project and a run choose of a chart. Not: what a workload asks for.

use score_spec::Diagnostic;

use crate::input::Settings;
use crate::ir::name::is_label;
use crate::targets::Kubernetes;

/// Helm: the target, with what is chosen for charts and for the objects in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Helm {
    /// The options of the objects. Charts are always YAML, and `files` has no effect.
    pub objects: Kubernetes,
    /// The chart's name; that of the project where none is given.
    pub name: Option<String>,
    /// Its version, as Semantic Versioning 2 has it; `0.1.0` where none is given.
    pub version: Option<String>,
    /// The version of what it installs.
    pub app_version: Option<String>,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// The address of a picture of it.
    pub icon: Option<String>,
    /// Whether each workload gets a chart of its own.
    pub per_workload: bool,
}

/// The longest name of a chart, since its release mostly has the same, and Helm allows those no more.
pub(super) const MAX_NAME: usize = 53;

impl Helm {
    /// Whether a chart can have this name: a DNS label of at most 53 characters.
    pub fn is_name(name: &str) -> bool {
        name.len() <= MAX_NAME && is_label(name)
    }

    /// Whether a chart can have this version: one of Semantic Versioning 2 of at most 128 characters,
    /// in which no number has more than 18 digits, as programs can read it.
    pub fn is_version(version: &str) -> bool {
        let (version, build) = match version.split_once('+') {
            Some((_, build)) if !is_dotted(build, |_| true) => return false,
            Some((version, build)) => (version, build.len() + 1),
            None => (version, 0),
        };
        let (core, before) = match version.split_once('-') {
            Some((core, before)) => (core, Some(before)),
            None => (version, None),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = |part: &str| {
            is_digits(part) && (part == "0" || !part.starts_with('0')) && part.len() <= 18
        };
        version.len() + build <= 128
            && core.split('.').count() == 3
            && is_dotted(core, is_number)
            && before.is_none_or(|it| is_dotted(it, |part| !is_digits(part) || is_number(part)))
    }

    /// The target with the sections `kubernetes` and `helm` of a project file where it has no options of
    /// its own. The schema has checked them.
    pub(crate) fn with_section(
        &self,
        settings: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let section = settings.section("helm");
        let text = |own: &Option<String>, name: &str| {
            let given = || Some(section?.get(name)?.text()?.to_owned());
            own.clone().or_else(given)
        };
        Self {
            objects: self.objects.with_section(settings, diagnostics),
            name: text(&self.name, "name"),
            version: text(&self.version, "version"),
            app_version: text(&self.app_version, "appVersion"),
            description: text(&self.description, "description"),
            icon: text(&self.icon, "icon"),
            per_workload: self.per_workload,
        }
    }
}

/// Whether a text is identifiers with dots between them, all of which pass a test.
fn is_dotted(text: &str, passes: impl Fn(&str) -> bool) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(legal) && passes(part))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use score_spec::Sources;

    use super::Helm;
    use crate::input::Settings;

    /// What the schema of the project file says of a field with a text in it.
    fn is_accepted(field: &str, text: &str) -> bool {
        let mut sources = Sources::new();
        let project =
            format!("apiVersion: score-rs/v1\nkind: Project\nhelm: {{{field}: \"{text}\"}}\n");
        let id = sources.add("score-rs.yaml", project);
        let mut diagnostics = Vec::new();
        let settings = Settings::read(&sources, id, &mut diagnostics);
        let helm = Helm::default().with_section(&settings, &mut diagnostics);
        let read = [
            helm.name,
            helm.version,
            helm.app_version,
            helm.description,
            helm.icon,
        ];
        let read: Vec<String> = read.into_iter().flatten().collect();
        assert_eq!(read.is_empty(), !diagnostics.is_empty(), "{diagnostics:?}");
        read == [text]
    }

    #[test]
    fn the_schema_takes_the_same_names_and_versions() {
        let long = "1.2.3-".to_owned() + &"a".repeat(122);
        let longer = long.clone() + "a";
        for (version, fine) in [
            ("0.0.0", true),
            ("1.2.3", true),
            ("1.2.3-rc.1", true),
            ("1.2.3-0a.-.x-y", true),
            ("1.2.3-1+001.a", true),
            ("1.2.3+build-5", true),
            ("999999999999999999.0.0", true),
            (&long, true),
            (&longer, false),
            ("1000000000000000000.0.0", false),
            ("v1.2.3", false),
            ("1.2", false),
            ("1.2.3.4", false),
            ("01.2.3", false),
            ("1.2.3-", false),
            ("1.2.3-01", false),
            ("1.2.3-a..b", false),
            ("1.2.3+", false),
            ("1.2.3+a_b", false),
            ("1.2.3+a+b", false),
            ("-1.2.3", false),
            (" 1.2.3", false),
            ("", false),
        ] {
            assert_eq!(Helm::is_version(version), fine, "{version}");
            assert_eq!(is_accepted("version", version), fine, "{version}");
        }
        let (long, longer) = ("a".repeat(53), "a".repeat(54));
        for (name, fine) in [
            ("shop", true),
            ("1-a", true),
            (&long, true),
            (&longer, false),
            ("a_b", false),
            ("-a", false),
            ("a-", false),
            ("A", false),
            ("a.b", false),
            ("", false),
        ] {
            assert_eq!(Helm::is_name(name), fine, "{name}");
            assert_eq!(is_accepted("name", name), fine, "{name}");
        }
    }

    #[test]
    fn other_fields_are_texts_of_one_line() {
        for (field, text, fine) in [
            ("appVersion", "2024-11", true),
            ("appVersion", " ", false),
            ("appVersion", "1\\n2", false),
            ("description", "The shop", true),
            ("description", "The\\nshop", false),
            ("icon", "https://shop.example/icon.svg", true),
            ("icon", "icon.svg", false),
        ] {
            assert_eq!(is_accepted(field, text), fine, "{field}: {text:?}");
        }
    }
}
