//! Questions for the params of a template.

use std::fmt::Write;

use score_compiler::templates::TemplateParam;

use crate::report::console;
use crate::report::failure::Failure;

/// The answers for params that are not given, as options of the form `NAME=VALUE`. Without an answer a param keeps its
/// default.
pub(super) fn answers(
    params: &[TemplateParam],
    given: &[String],
    folder: &str,
) -> Result<Vec<String>, Failure> {
    let mut answers = Vec::new();
    for param in params {
        let start = format!("{}=", param.name);
        if given.iter().any(|text| text.starts_with(&start)) {
            continue;
        }
        let answer = console::ask(&question(param, folder))?;
        if !answer.is_empty() {
            answers.push(format!("{start}{answer}"));
        }
    }
    Ok(answers)
}

/// The name and the description of a param, its values, and its default in brackets.
fn question(param: &TemplateParam, folder: &str) -> String {
    let mut question = param.name.clone();
    let mut details: Vec<String> = param.description.iter().cloned().collect();
    if !param.choices.is_empty() {
        details.push(param.choices.join(" | "));
    } else if let Some(kind) = param.kind.as_deref().filter(|kind| *kind != "string") {
        details.push(kind.to_owned());
    }
    if !details.is_empty() {
        let _ = write!(question, " ({})", details.join("; "));
    }
    let default = param.default.as_deref().unwrap_or_default();
    let default = default.replace("{{ folder }}", folder);
    if !default.is_empty() && !default.contains("{{") {
        let _ = write!(question, " [{default}]");
    }
    question
}

#[cfg(test)]
mod tests {
    use score_compiler::templates::{Template, TemplateParam};
    use score_spec::Sources;

    use super::question;

    fn params(properties: &str) -> Vec<TemplateParam> {
        let mut sources = Sources::new();
        let text = format!(
            "{{apiVersion: score-rs/v1, kind: Template, description: A, params: {{properties: {properties}}}}}"
        );
        let about = sources.add("template.yaml", text);
        let template = Template::read(&sources, about, Vec::new(), &mut Vec::new());
        template.map(|it| it.params()).unwrap_or_default()
    }

    #[test]
    fn questions_name_values_and_defaults() {
        let params = params(
            "{name: {description: The workload, default: '{{ folder }}'}, owner: {enum: [a, b]}, \
             database: {type: boolean, default: false}, host: {default: '{{ params.name }}.example'}}",
        );
        let questions: Vec<String> = params.iter().map(|it| question(it, "shop")).collect();
        let expected = [
            "name (The workload) [shop]",
            "owner (a | b)",
            "database (boolean) [false]",
            "host",
        ];
        assert_eq!(questions, expected);
    }
}
