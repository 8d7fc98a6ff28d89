//! Parsers of annotation values. `annotations` defines the annotations.

use score_spec::{Entry, Kind, Map, Node};

use crate::ir::annotation::{ValueProblem, contains_nul, scalar, yaml};
use crate::targets::kubernetes::naming::selector;

use super::{Autoscaling, Budget, Toleration};
use crate::ir::{Tree, name};

/// A number that Kubernetes accepts as a count: not negative, and at most 31 bits.
pub(in super::super) fn number(text: &str) -> Option<u32> {
    let number = text.parse::<i32>().ok()?;
    u32::try_from(number)
        .ok()
        .filter(|_| !text.starts_with('+'))
}

pub(super) fn flag(text: &str) -> Option<bool> {
    text.parse().ok()
}

pub(super) fn subdomain(text: &str) -> Option<String> {
    name::is_subdomain(text).then(|| text.to_owned())
}

pub(super) fn autoscaling(text: &str) -> Option<Autoscaling> {
    let (range, cpu) = match text.split_once('@') {
        Some((range, cpu)) => {
            let cpu = cpu.trim();
            (range, number(cpu.strip_suffix('%').unwrap_or(cpu))?)
        }
        None => (text, 80),
    };
    let (min, max) = range.split_once('-')?;
    let (min, max) = (number(min.trim())?, number(max.trim())?);
    (1 <= min && min <= max && cpu > 0).then_some(Autoscaling { min, max, cpu })
}

pub(super) fn budget(text: &str) -> Option<Budget> {
    let node = yaml(text)?;
    let [entry] = node.entries() else {
        return None;
    };
    let amount = match &entry.value.kind {
        Kind::Number(amount) => Tree::Number(number(&amount.to_string())?.into()),
        Kind::Text(percentage) => {
            number(percentage.strip_suffix('%')?).filter(|share| *share <= 100)?;
            Tree::Text(percentage.as_str().into())
        }
        _ => return None,
    };
    match entry.key.as_str() {
        "minAvailable" => Some(Budget::Stay(amount)),
        "maxUnavailable" => Some(Budget::Go(amount)),
        _ => None,
    }
}

/// A schedule in the form that Kubernetes parses, in which the time zone is a separate field.
pub(super) fn schedule(text: &str) -> Option<String> {
    const NAMES: [&str; 7] = [
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ];
    let character = |c: char| c.is_ascii_alphanumeric() || "*/,-?".contains(c);
    let fields: Vec<&str> = text.split_whitespace().collect();
    let fits = match fields.as_slice() {
        [name] => NAMES.contains(name),
        fields => fields.len() == 5 && fields.iter().all(|field| field.chars().all(character)),
    };
    fits.then(|| fields.join(" "))
}

pub(super) fn node_selector(text: &str) -> Option<Map<String>> {
    labels_of(&yaml(text)?).ok()
}

/// The labels of a workload, which must not select pods.
pub(in super::super) fn labels(text: &str) -> Result<Map<String>, ValueProblem> {
    let node = single(text)?;
    let labels = labels_of(&node)?;
    let fixed = selector("");
    match node.entries().iter().find(|it| fixed.contains_key(&it.key)) {
        Some(entry) => Err(ValueProblem::new(
            format!(
                "the label `{}` selects pods and cannot be changed",
                entry.key
            ),
            "remove it",
        )
        .at(entry.key_span)),
        None => Ok(labels),
    }
}

/// A map of labels with their values.
pub(super) fn labels_of(node: &Node) -> Result<Map<String>, ValueProblem> {
    let Kind::Map(entries) = &node.kind else {
        let help = "write a YAML map, such as `{team: shop}`";
        return Err(ValueProblem::new("there is no map of labels", help).at(node.span));
    };
    let entries = entries.iter().map(|entry| {
        if !is_key(&entry.key) {
            let help = "write up to 63 letters, digits, `-`, `_` or `.`, with an optional prefix such as `example.com/`";
            let message = format!("`{}` is not a valid label", entry.key);
            return Err(ValueProblem::new(message, help).at(entry.key_span));
        }
        let value = scalar(&entry.value).filter(|value| is_label_value(value));
        let value = value.ok_or_else(|| {
            let help = "write up to 63 letters, digits, `-`, `_` or `.`, beginning and ending with a letter or digit";
            let message = format!("the value of the label `{}` is not valid", entry.key);
            ValueProblem::new(message, help).at(entry.value.span)
        })?;
        Ok((entry.key.clone(), value))
    });
    entries.collect()
}

/// A value that is written as YAML.
pub(super) fn single(text: &str) -> Result<Node, ValueProblem> {
    yaml(text).ok_or_else(|| {
        if contains_nul(text) {
            ValueProblem::nul()
        } else {
            ValueProblem::new("the value is not valid YAML", "correct its syntax")
        }
    })
}

pub(super) fn tolerations(text: &str) -> Option<Vec<Toleration>> {
    let node = yaml(text)?;
    let Kind::List(items) = &node.kind else {
        return None;
    };
    items.iter().map(toleration).collect()
}

fn toleration(node: &Node) -> Option<Toleration> {
    let Kind::Map(entries) = &node.kind else {
        return None;
    };
    let mut toleration = Toleration::default();
    for Entry { key, value, .. } in entries {
        let text = scalar(value)?;
        match key.as_str() {
            "key" if is_key(&text) => toleration.key = Some(text),
            "operator" if ["Exists", "Equal"].contains(&text.as_str()) => {
                toleration.operator = Some(text);
            }
            "value" if is_label_value(&text) => toleration.value = Some(text),
            "effect"
                if ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&text.as_str()) =>
            {
                toleration.effect = Some(text);
            }
            "tolerationSeconds" => toleration.toleration_seconds = Some(text.parse().ok()?),
            _ => return None,
        }
    }
    let is_whole = toleration.key.is_some() || toleration.operator.as_deref() == Some("Exists");
    is_whole.then_some(toleration)
}

/// Whether a string is a valid key of a label, optionally with a prefix.
pub(in super::super) fn is_key(text: &str) -> bool {
    let (prefix, key) = match text.split_once('/') {
        Some((prefix, key)) => (Some(prefix), key),
        None => (None, text),
    };
    prefix.is_none_or(name::is_subdomain) && !key.is_empty() && is_label_value(key)
}

/// Whether a string can be the label that identifies pods.
pub(in super::super) fn is_instance(text: &str) -> bool {
    !text.is_empty() && is_label_value(text)
}

/// Whether a string is a valid value of a label.
pub(in super::super) fn is_label_value(text: &str) -> bool {
    let ends = [text.chars().next(), text.chars().next_back()];
    text.len() <= crate::targets::kubernetes::naming::LABEL
        && ends.iter().flatten().all(char::is_ascii_alphanumeric)
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{autoscaling, budget, node_selector, number, schedule, tolerations};

    #[test]
    fn values_that_kubernetes_would_refuse_are_refused() {
        for text in ["", "-1", "+1", "1.5", "2147483648"] {
            assert_eq!(number(text), None, "{text}");
        }
        for text in ["2", "5-2", "0-3", "2-5@0", "2-5@x", "2-5@60%%"] {
            assert_eq!(autoscaling(text), None, "{text}");
        }
        for text in [
            "1",
            "minAvailable: 101%",
            "minAvailable: -1",
            "{minAvailable: 1, maxUnavailable: 1}",
        ] {
            assert_eq!(budget(text), None, "{text}");
        }
        for text in ["", "* * * *", "TZ=UTC * * * * *", "@never", "* * * * $"] {
            assert_eq!(schedule(text), None, "{text}");
        }
        for text in ["ssd", "{a b: c}", "{a: [b]}", "{a: -}"] {
            assert_eq!(node_selector(text), None, "{text}");
        }
        for text in [
            "{key: a}",
            "[{kye: a}]",
            "[{effect: NoSchedule}]",
            "[{key: a, operator: Is}]",
        ] {
            assert_eq!(tolerations(text), None, "{text}");
        }
    }

    #[test]
    fn values_that_fit_are_read() {
        assert_eq!(
            autoscaling("2-5").map(|it| (it.min, it.max, it.cpu)),
            Some((2, 5, 80))
        );
        assert_eq!(autoscaling("2 - 5 @ 60%").map(|it| it.cpu), Some(60));
        assert_eq!(schedule("@daily").as_deref(), Some("@daily"));
        assert_eq!(
            schedule("*/5  1-3 * jan MON").as_deref(),
            Some("*/5 1-3 * jan MON")
        );
        let labels = node_selector("{a.b/c: 1, d: true}").unwrap_or_default();
        assert_eq!(labels.values().collect::<Vec<_>>(), ["1", "true"]);
        assert_eq!(
            tolerations("[{operator: Exists}, {key: a}]").map(|it| it.len()),
            Some(2)
        );
        assert!(budget("maxUnavailable: 25%").is_some());
    }
}
