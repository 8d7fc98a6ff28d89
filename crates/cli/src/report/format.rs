//! The output formats of diagnostics. They are independent of each other.

mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;

use crate::report::findings::Findings;
use crate::report::printable;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Excerpts of the files for people, on standard error
    Human,
    /// One JSON object (`score-rs schema diagnostics` describes it)
    Json,
    /// SARIF 2.1.0, as code scanning takes it
    Sarif,
    /// Workflow commands that annotate a pull request on GitHub
    Github,
    /// Code quality report of GitLab: a JSON array
    Gitlab,
    /// `JUnit` XML with a test case per file
    Junit,
}

impl Format {
    /// The diagnostics in this format; `None` for `Human`, which is not plain text. Control
    /// sequences are escaped, and text cannot break out of its place in the format.
    pub(crate) fn write(self, findings: &Findings) -> Option<String> {
        match self {
            Format::Human => None,
            Format::Json => Some(printable::json(&json::write(findings))),
            Format::Sarif => Some(printable::json(&sarif::write(findings))),
            Format::Github => Some(github::write(findings)),
            Format::Gitlab => Some(printable::json(&gitlab::write(findings))),
            Format::Junit => Some(junit::write(findings)),
        }
    }
}

/// The listed diagnostics as a JSON array, as in the format `Json`.
pub(crate) fn diagnostics(findings: &Findings) -> serde_json::Value {
    json::diagnostics(findings)
}

#[cfg(test)]
mod tests {
    use score_spec::{Code, Diagnostic, Sources, Span};
    use serde_json::Value;

    use super::Format;
    use crate::report::findings::Findings;
    use crate::report::human::{self, Style};

    /// A violation of a rule with help, and one of a rule without.
    fn findings() -> Findings {
        let mut sources = Sources::new();
        let id = sources.add("score.yaml", "{metadata: {name: web}}");
        let violation = |rule: &str, at| {
            let found = Diagnostic::new(Code::PolicyViolated, format!("violates {rule}"));
            found.rule(rule).at(Span::new(id, at, at + 1), "")
        };
        let owner = violation("acme/owner", 1).help("add an owner");
        let diagnostics = vec![violation("acme/tag", 2), owner, violation("acme/tag", 3)];
        Findings::new(sources, diagnostics, vec![id])
    }

    #[test]
    fn rules_of_policies_are_in_the_place_of_codes() {
        let findings = findings();
        for format in [Format::Sarif, Format::Github, Format::Gitlab, Format::Junit] {
            let text = format.write(&findings).unwrap();
            assert!(text.contains("acme/owner") && text.contains("acme/tag"));
            assert!(!text.contains("policy/violated"), "{text}");
        }
        let style = Style {
            color: false,
            unicode: false,
            width: 80,
        };
        let text = human::report(&findings.sources, &findings.diagnostics, style, false);
        assert!(text.contains("acme/owner\n") && !text.contains("policy/violated"));
    }

    #[test]
    fn json_has_the_code_and_the_rule() {
        let text = Format::Json.write(&findings()).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let first = &json["diagnostics"][0];
        assert_eq!(first["code"], "policy/violated");
        assert_eq!(first["rule"], "acme/owner");
        assert_eq!(first["help"], "add an owner");
    }

    #[test]
    fn sarif_describes_each_rule_once() {
        let text = Format::Sarif.write(&findings()).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let run = &json["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<_> = rules.iter().map(|rule| &rule["id"]).collect();
        assert_eq!(ids, ["acme/owner", "acme/tag"]);
        assert_eq!(rules[0]["shortDescription"]["text"], "violates acme/owner");
        assert_eq!(rules[0]["help"]["text"], "add an owner");
        let results = run["results"].as_array().unwrap();
        let indices: Vec<_> = results.iter().map(|it| &it["ruleIndex"]).collect();
        assert_eq!(indices, [0, 1, 1]);
    }
}
