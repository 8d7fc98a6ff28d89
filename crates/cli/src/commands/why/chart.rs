//! Templates and values of charts. A template is read as the YAML that remains without its actions, line by line; a value
//! is found in the templates that use it.

use std::collections::BTreeMap;

/// The replacement for an action whose value is not in the template.
pub(super) const UNKNOWN: &str = "TEMPLATE-ACTION";

/// The words with which blocks of templates begin.
const BLOCKS: [&str; 4] = ["if", "with", "range", "define"];

/// A line of a template.
struct Line {
    /// The text, with words in place of actions.
    text: String,
    /// Whether the line consists of actions.
    is_action: bool,
}

/// A block of a template while it is read.
struct Block {
    /// The first lines of its branches.
    branches: Vec<usize>,
}

/// The kind of a file in a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChartFile {
    Template,
    Values,
}

impl ChartFile {
    /// The kind of the file with this path in a chart, if it describes objects.
    pub(super) fn of(path: &std::path::Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let folder = path.parent()?.file_name();
        let is_yaml = path.extension().is_some_and(|it| it == "yaml");
        if is_yaml && folder.is_some_and(|it| it == "templates") {
            return Some(Self::Template);
        }
        let is_values = name == "values.yaml" || name.starts_with("values-");
        (is_yaml && is_values).then_some(Self::Values)
    }
}

/// The template without its actions. Of the branches of a condition, only one remains: the one with this line, or else
/// the first. The number of lines is the same.
pub(super) fn without_actions(text: &str, wanted: usize) -> String {
    let (mut lines, blocks) = read(text);
    // The changes of the number of removed branches around a line.
    let mut changes = vec![0_isize; lines.len() + 1];
    for branches in blocks {
        let has_line = |&(start, end): &(usize, usize)| (start..end).contains(&wanted);
        let kept = branches.iter().position(has_line).unwrap_or(0);
        for (at, (start, end)) in branches.into_iter().enumerate() {
            if at != kept && start < end {
                changes[start] += 1;
                changes[end] -= 1;
            }
        }
    }
    let mut removed = 0;
    for (line, change) in lines.iter_mut().zip(changes) {
        removed += change;
        if removed > 0 {
            line.text.clear();
        }
    }
    let lines: Vec<String> = lines.into_iter().skip(1).map(|line| line.text).collect();
    lines.join("\n")
}

/// The branches of a block: the first line of each, and the line after it. Lines are counted from one.
type Branches = Vec<(usize, usize)>;

/// The lines of a template, and the branches of each block that has several.
fn read(text: &str) -> (Vec<Line>, Vec<Branches>) {
    // Lines are counted from one.
    let mut lines = vec![Line {
        text: String::new(),
        is_action: true,
    }];
    let (mut blocks, mut found): (Vec<Block>, Vec<Branches>) = (Vec::new(), Vec::new());
    let mut is_open = false;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let (mut rest, mut kept, mut has_action) = (line, String::new(), is_open);
        loop {
            if is_open {
                let Some((_, after)) = rest.split_once("}}") else {
                    break;
                };
                (rest, is_open) = (after, false);
            }
            let Some((before, after)) = rest.split_once("{{") else {
                kept.push_str(rest);
                break;
            };
            kept.push_str(before);
            has_action = true;
            let action = after.split("}}").next().unwrap_or(after);
            let word = action.trim_start_matches('-').trim();
            let first = word.split_whitespace().next().unwrap_or_default();
            if BLOCKS.contains(&first) {
                blocks.push(Block {
                    branches: vec![number + 1],
                });
            } else if first == "else" {
                if let Some(block) = blocks.last_mut() {
                    block.branches.push(number + 1);
                }
            } else if first == "end" {
                found.extend(blocks.pop().and_then(|block| block.ended(number)));
            } else if is_value(word) {
                kept.push_str(quoted(word).unwrap_or(UNKNOWN));
            }
            (rest, is_open) = (after, true);
        }
        let is_action = has_action && kept.trim().is_empty();
        lines.push(Line {
            text: if is_action { String::new() } else { kept },
            is_action,
        });
    }
    (lines, found)
}

impl Block {
    /// Its branches, if it has several.
    fn ended(self, end: usize) -> Option<Branches> {
        let starts = self.branches;
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([end]);
        let all: Branches = starts.iter().copied().zip(ends).collect();
        (all.len() > 1).then_some(all)
    }
}

/// Whether an action writes a value into its line.
fn is_value(action: &str) -> bool {
    let is_comment = action.starts_with("/*");
    let is_variable = action.starts_with('$') && action.contains(":=");
    let is_block = action.contains("toYaml") || action.contains("nindent");
    !is_comment && !is_variable && !is_block
}

/// The name in an action that includes the name of an object: the first string after that of the function.
fn quoted(action: &str) -> Option<&str> {
    let mut strings = action.split('"').skip(1).step_by(2);
    action.starts_with("include").then(|| strings.nth(1))?
}

/// The lines of a template that use the value with this path, or the smallest part around it.
pub(super) fn uses(template: &str, value: &[String]) -> Vec<usize> {
    let mut variables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (lines, _) = read(template);
    let texts: Vec<&str> = template.lines().collect();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (index, line) in texts.iter().enumerate() {
        if let Some((name, path)) = assigned(line) {
            variables.insert(name, path);
            continue;
        }
        for used in paths(line, &variables) {
            let is_around = value.starts_with(&used);
            // A workload as a whole says nothing about one of its values.
            if is_around && (used.len() > 2 || used.len() == value.len()) {
                let line = affected(index + 1, &texts, &lines);
                found.extend(line.map(|line| (line, used.len())));
            }
        }
    }
    let longest = found.iter().map(|(_, length)| *length).max();
    let best = found
        .into_iter()
        .filter(|(_, length)| Some(*length) == longest);
    let mut lines: Vec<usize> = best.map(|(line, _)| line).collect();
    lines.dedup();
    lines
}

/// The line that an action affects: its own line, the first line of its block, or the key around a block of actions.
fn affected(at: usize, texts: &[&str], lines: &[Line]) -> Option<usize> {
    if !lines[at].is_action {
        return Some(at);
    }
    let mut depth = 0;
    for number in at..lines.len() {
        if depth > 0 && !lines[number].is_action {
            return Some(number);
        }
        for action in texts[number - 1].split("{{").skip(1) {
            match action.trim_start_matches('-').split_whitespace().next() {
                Some(word) if BLOCKS.contains(&word) => depth += 1,
                Some("end") => depth -= 1,
                _ => {}
            }
        }
        if depth <= 0 {
            break;
        }
    }
    let indent = |text: &str| text.len() - text.trim_start().len();
    let own = indent(texts[at - 1]);
    let mut before = (1..at).rev();
    before.find(|&it| !lines[it].is_action && indent(texts[it - 1]) < own)
}

/// The variable that a line assigns, with the path of its value.
fn assigned(line: &str) -> Option<(String, Vec<String>)> {
    let (before, value) = line.split_once(":=")?;
    let name = before
        .trim()
        .trim_start_matches("{{")
        .trim_start_matches('-')
        .trim();
    let value = value
        .split("}}")
        .next()?
        .trim()
        .trim_end_matches('-')
        .trim();
    let path = match value.strip_prefix("index ") {
        None => of_values(value)?,
        Some(inner) => {
            let mut words = inner.split_whitespace();
            let mut path = of_values(words.next()?)?;
            path.extend(words.map(|word| word.trim_matches('"').to_owned()));
            path
        }
    };
    name.starts_with('$').then(|| (name.to_owned(), path))
}

/// The path of `$.Values.A.B`.
fn of_values(text: &str) -> Option<Vec<String>> {
    let path = text
        .strip_prefix("$.Values.")
        .or_else(|| text.strip_prefix(".Values."))?;
    let is_path = |c: char| c.is_alphanumeric() || "_.".contains(c);
    let steps = path.split('.').map(str::to_owned);
    path.chars().all(is_path).then(|| steps.collect())
}

/// The paths of the values in the actions of a line.
fn paths(line: &str, variables: &BTreeMap<String, Vec<String>>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for action in line.split("{{").skip(1) {
        let action = action.split("}}").next().unwrap_or(action);
        let words = action.split(|c: char| c.is_whitespace() || "()|,".contains(c));
        for word in words {
            let word = word.trim_end_matches('-');
            if let Some(path) = of_values(word) {
                found.push(path);
            } else if let Some((name, rest)) = word.split_once('.')
                && let Some(path) = variables.get(name)
            {
                let mut path = path.clone();
                path.extend(rest.split('.').map(str::to_owned));
                found.push(path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{uses, without_actions};

    const TEMPLATE: &str = "\
{{- /* Deployment of the workload `web`. */ -}}
{{- $workload := index $.Values.workloads \"web\" -}}
kind: Deployment
metadata:
  name: {{ include \"shop.name\" (list $ \"web\") }}
spec:
  {{- if $workload.autoscaling.enabled }}
  paused: true
  {{- else }}
  replicas: {{ $workload.replicas }}
  {{- end }}
  labels:
    {{- with $.Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    app: web
  image: \"{{ $workload.image.name }}\"
";

    #[test]
    fn one_branch_remains() {
        let first = without_actions(TEMPLATE, 5);
        assert!(
            first.contains("  name: web\n")
                && first.contains("paused")
                && !first.contains("replicas")
        );
        let second = without_actions(TEMPLATE, 10);
        assert!(!second.contains("paused") && second.contains("replicas: TEMPLATE-ACTION"));
        assert_eq!(second.lines().count(), TEMPLATE.lines().count());
    }

    #[test]
    fn blocks_can_have_many_branches() {
        let number = 100_000;
        let template = format!(
            "{{{{ if a }}}}\n{}{{{{ end }}}}\n",
            "a\n{{ else }}\n".repeat(number)
        );
        let text = without_actions(&template, 2 * number);
        let kept = text.lines().enumerate().filter(|(_, line)| *line == "a");
        let kept: Vec<usize> = kept.map(|(index, _)| index + 1).collect();
        assert_eq!(kept, [2 * number]);
    }

    #[test]
    fn values_lead_to_their_lines() {
        let value = |path: &str| -> Vec<String> { path.split('.').map(str::to_owned).collect() };
        for (path, lines) in [
            ("workloads.web.replicas", &[10][..]),
            ("workloads.web.image.name", &[17]),
            ("workloads.web.autoscaling.enabled", &[8]),
            ("commonLabels", &[12]),
            ("commonLabels.team", &[]),
            ("workloads.api.replicas", &[]),
        ] {
            assert_eq!(uses(TEMPLATE, &value(path)), lines, "{path}");
        }
    }
}
