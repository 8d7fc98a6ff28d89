//! The options of charts, from a project file or a run. Annotations of workloads are not part of
//! them.

use std::collections::BTreeMap;

use score_spec::Diagnostic;

use crate::input::Settings;
use crate::ir::name::is_label;
use crate::targets::Kubernetes;

/// Helm: the target, with the options of charts and of the objects in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Helm {
    /// The options of the objects. Charts are always YAML; `files` has no effect.
    pub objects: Kubernetes,
    /// The name of the chart; the name of the project by default.
    pub name: Option<String>,
    /// The version of the chart in Semantic Versioning 2; `0.1.0` by default.
    pub version: Option<String>,
    /// The version of the application that the chart installs.
    pub app_version: Option<String>,
    /// The description of the chart, in one sentence.
    pub description: Option<String>,
    /// The URL of the icon of the chart.
    pub icon: Option<String>,
    /// Whether each workload is a separate chart.
    pub per_workload: bool,
    /// The values of environment variables, which are defaults of the chart, in addition to those in the project
    /// file.
    pub variables: BTreeMap<String, String>,
    /// Whether the project is rendered for one of several environments, whose charts
    /// [`merged`](crate::helm::merged) merges. The labels of all objects are then a value.
    pub for_environments: bool,
}

/// The maximum length of a chart name: that of a release name in Helm, since releases are usually
/// named after their charts.
pub(super) const MAX_NAME: usize = 53;

impl Helm {
    /// Whether this is a valid name of a chart: a DNS label of at most 53 characters.
    pub fn is_name(name: &str) -> bool {
        name.len() <= MAX_NAME && is_label(name)
    }

    /// Whether this is a valid version of a chart: a version of Semantic Versioning 2 with at most
    /// 128 characters, in which no number has more than 18 digits, so that programs can parse it.
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

    /// Returns the target with the sections `kubernetes` and `helm` of a project file. Existing
    /// options of the target take precedence. The schema has validated the sections.
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
            variables: {
                let settings = settings.variables.iter();
                let settings = settings.map(|(name, it)| (name.clone(), it.value.clone()));
                settings.chain(self.variables.clone()).collect()
            },
            for_environments: self.for_environments,
        }
    }
}

/// Whether a string consists of identifiers separated by dots, all of which pass a test.
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

    /// Whether the schema of the project file accepts a string in a field.
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
