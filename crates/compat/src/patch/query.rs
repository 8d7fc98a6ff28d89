//! Paths with patterns: `*` and `?` in a part match keys, of which the first counts; `#` is every item of a
//! list, and `#(key==value)` the first item for which the condition holds, with a `#` behind it each of
//! them. Nothing is created. Pipes and modifiers (`|`, `@`) find nothing that can be
//! set.

use score_spec::Value;

use super::{PatchBudget, Path, Reason};

/// The number of comparisons of two characters in the time of one step.
const COMPARED: usize = 256;

/// A part of a pattern.
#[derive(Debug, PartialEq)]
enum Part {
    /// Keys with wildcards, or an index.
    Key(Vec<Glob>),
    /// Every item of a list.
    All,
    /// The items for which a condition holds, or only the first one.
    Where { condition: Condition, all: bool },
}

/// A character of a key with wildcards.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Glob {
    One(char),
    Any,
    Many,
}

/// A comparison of a value below an item.
#[derive(Debug, PartialEq)]
struct Condition {
    /// The keys that lead to the value; the item itself if empty.
    path: Vec<String>,
    operator: String,
    value: String,
}

/// The operators of conditions, longer ones before those that they start with.
const OPERATORS: [&str; 8] = ["==", "!=", "<=", ">=", "!%", "<", ">", "%"];

/// Sets all values that a pattern finds.
pub(super) fn set<T: Clone + AsRef<str>>(
    document: &mut Value<T>,
    path: &Path,
    value: &Value<T>,
    budget: &mut PatchBudget,
) -> Result<(), Reason> {
    match parse(path.as_str()) {
        Some(parts) => set_at(document, &parts, value, budget),
        None => Ok(()),
    }
}

fn set_at<T: Clone + AsRef<str>>(
    at: &mut Value<T>,
    parts: &[Part],
    value: &Value<T>,
    budget: &mut PatchBudget,
) -> Result<(), Reason> {
    let Some((part, rest)) = parts.split_first() else {
        budget.take_value(value)?;
        *at = value.clone();
        return Ok(());
    };
    budget.take(match at {
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => 1,
    })?;
    match (part, at) {
        (Part::Key(glob), Value::Map(entries)) => {
            for (key, below) in entries.iter_mut() {
                budget.take(work(glob.len(), key))?;
                if matches(glob, key) {
                    return set_at(below, rest, value, budget);
                }
            }
            Ok(())
        }
        (Part::Key(glob), Value::List(items)) => {
            let digits = glob.iter().map(|it| match it {
                Glob::One(digit) => Some(*digit),
                Glob::Any | Glob::Many => None,
            });
            let digits: Option<String> = digits.collect();
            let index = digits.and_then(|digits| digits.parse::<usize>().ok());
            match index.and_then(|index| items.get_mut(index)) {
                Some(item) => set_at(item, rest, value, budget),
                None => Ok(()),
            }
        }
        (Part::All, Value::List(items)) => {
            let mut items = items.iter_mut();
            items.try_for_each(|item| set_at(item, rest, value, budget))
        }
        (Part::Where { condition, all }, Value::List(items)) => {
            for item in items {
                if condition.holds(item, budget)? {
                    set_at(item, rest, value, budget)?;
                    if !all {
                        break;
                    }
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The parts of a pattern. Absent if it contains a pipe, a modifier or a condition that cannot be read.
fn parse(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, behind) = match rest.strip_prefix("#(") {
            Some(condition) => condition_part(condition)?,
            None => key_part(rest)?,
        };
        parts.push(part);
        match behind.strip_prefix('.') {
            Some(next) => rest = next,
            None if behind.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// The part before the next `.`, and what is behind it.
fn key_part(text: &str) -> Option<(Part, &str)> {
    let mut globs = Vec::new();
    let mut characters = text.char_indices();
    let mut end = text.len();
    while let Some((at, character)) = characters.next() {
        match character {
            '.' => {
                end = at;
                break;
            }
            '\\' => globs.extend(characters.next().map(|(_, next)| Glob::One(next))),
            '*' => globs.push(Glob::Many),
            '?' => globs.push(Glob::Any),
            '|' | '@' => return None,
            other => globs.push(Glob::One(other)),
        }
    }
    let (part, behind) = text.split_at(end);
    let part = if part == "#" {
        Part::All
    } else {
        Part::Key(globs)
    };
    Some((part, behind))
}

/// A condition behind `#(`, and what is behind its end.
fn condition_part(text: &str) -> Option<(Part, &str)> {
    let end = text.find(')')?;
    let (inner, behind) = (&text[..end], &text[end + 1..]);
    let (all, behind) = match behind.strip_prefix('#') {
        Some(behind) => (true, behind),
        None => (false, behind),
    };
    let at = inner.find(['=', '!', '<', '>', '%'])?;
    let (path, comparison) = inner.split_at(at);
    let operator = OPERATORS
        .into_iter()
        .find(|it| comparison.starts_with(it))?;
    let value = comparison[operator.len()..].trim();
    let value = value
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or(value);
    let path = path.trim().split('.').filter(|key| !key.is_empty());
    let condition = Condition {
        path: path.map(str::to_owned).collect(),
        operator: operator.to_owned(),
        value: value.to_owned(),
    };
    Some((Part::Where { condition, all }, behind))
}

impl Condition {
    fn holds<T: AsRef<str>>(
        &self,
        item: &Value<T>,
        budget: &mut PatchBudget,
    ) -> Result<bool, Reason> {
        let value = self.path.iter().try_fold(item, |at, key| match at {
            Value::List(items) => items.get(key.parse::<usize>().ok()?),
            at => at.get(key),
        });
        let Some(value) = value else { return Ok(false) };
        if let Value::Text(text) = value {
            budget.take(work(self.value.len(), text.as_ref()))?;
        }
        Ok(self.is_met(value))
    }

    fn is_met<T: AsRef<str>>(&self, value: &Value<T>) -> bool {
        let order = match value {
            Value::Text(text) => text.as_ref().cmp(&self.value),
            Value::Number(number) => {
                let number = number.as_f64();
                let other = self.value.parse::<f64>().ok();
                match number.zip(other).and_then(|(a, b)| a.partial_cmp(&b)) {
                    Some(order) => order,
                    None => return false,
                }
            }
            Value::Bool(value) => value.to_string().as_str().cmp(&self.value),
            Value::Null | Value::List(_) | Value::Map(_) => return false,
        };
        let is_like = || match value {
            Value::Text(text) => matches(&globs(&self.value), text.as_ref()),
            _ => false,
        };
        match self.operator.as_str() {
            "==" => order.is_eq(),
            "!=" => order.is_ne(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "%" => is_like(),
            _ => !is_like(),
        }
    }
}

/// The pattern of a condition.
fn globs(text: &str) -> Vec<Glob> {
    let each = text.chars().map(|character| match character {
        '*' => Glob::Many,
        '?' => Glob::Any,
        other => Glob::One(other),
    });
    each.collect()
}

/// The costs of comparing a string with a pattern.
fn work(pattern: usize, text: &str) -> usize {
    pattern.saturating_mul(text.len()) / COMPARED
}

/// Whether a pattern matches a whole string, in time proportional to the product of their lengths.
fn matches(pattern: &[Glob], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // The last `*`, and the length of the text that it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Glob::Many) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Glob::Any) => (p, t) = (p + 1, t + 1),
            Some(Glob::One(character)) if *character == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, covered)) => {
                    star = Some((at, covered + 1));
                    (p, t) = (at + 1, covered + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|it| *it == Glob::Many)
}
