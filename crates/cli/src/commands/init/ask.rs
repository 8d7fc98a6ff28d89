//! Questions for the params of a template.

use std::fmt::Write;

use score_compiler::templates::TemplateParam;

use crate::report::failure::Failure;

/// The expression for the name of the folder.
const FOLDER: &str = "{{ folder }}";

/// The answers for params that are not given, as options of the form `NAME=VALUE`. Without an answer a param keeps its
/// default. A question is repeated until `is_valid` takes the answer.
pub(super) fn answers(
    params: &[TemplateParam],
    given: &[String],
    folder: Option<&str>,
    mut ask: impl FnMut(&str) -> Result<String, Failure>,
    mut is_valid: impl FnMut(&str) -> bool,
) -> Result<Vec<String>, Failure> {
    let mut answers = Vec::new();
    for param in params {
        let start = format!("{}=", param.name);
        if given.iter().any(|text| text.starts_with(&start)) {
            continue;
        }
        let question = question(param, folder);
        let default = param.default.as_deref();
        let is_unnamed = folder.is_none() && default == Some(FOLDER);
        let needs_answer = is_unnamed || (param.is_required && default.is_none());
        loop {
            let answer = ask(&question)?;
            if answer.is_empty() {
                if needs_answer {
                    continue;
                }
                break;
            }
            let option = format!("{start}{answer}");
            if is_valid(&option) {
                answers.push(option);
                break;
            }
        }
    }
    Ok(answers)
}

/// The name and the description of a param, its values, and its default in brackets.
fn question(param: &TemplateParam, folder: Option<&str>) -> String {
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
    let default = match folder {
        Some(folder) => default.replace(FOLDER, folder),
        None => default.to_owned(),
    };
    if !default.is_empty() && !default.contains("{{") {
        let _ = write!(question, " [{default}]");
    }
    question
}

#[cfg(test)]
mod tests {
    use score_compiler::templates::{Template, TemplateParam};
    use score_spec::Sources;

    use super::{answers, question};

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
    fn wrong_answers_are_asked_again() {
        let params =
            params("{name: {}, owner: {}, port: {default: 80}, note: {}}, required: [owner]");
        let mut lines = ["", "team-shop", "many", "8080", ""].into_iter();
        let mut asked = Vec::new();
        let found = answers(
            &params,
            &["name=web".to_owned()],
            Some("shop"),
            |question| {
                asked.push(question.to_owned());
                Ok(lines.next().unwrap_or_default().to_owned())
            },
            |option| option != "port=many",
        );
        assert_eq!(found.unwrap_or_default(), ["owner=team-shop", "port=8080"]);
        assert_eq!(asked, ["owner", "owner", "port [80]", "port [80]", "note"]);
    }

    #[test]
    fn questions_name_values_and_defaults() {
        let params = params(
            "{name: {description: The workload, default: '{{ folder }}'}, owner: {enum: [a, b]}, \
             database: {type: boolean, default: false}, host: {default: '{{ params.name }}.example'}}",
        );
        let questions: Vec<String> = params.iter().map(|it| question(it, Some("shop"))).collect();
        let expected = [
            "name (The workload) [shop]",
            "owner (a | b)",
            "database (boolean) [false]",
            "host",
        ];
        assert_eq!(questions, expected);
    }
}
