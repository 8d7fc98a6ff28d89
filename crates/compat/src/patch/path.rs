//! Paths of operations.

use super::Reason;

/// The path of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The path as written.
    text: String,
    /// The steps, unless the path is a pattern.
    steps: Option<Vec<Step>>,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The part without escapes.
    text: String,
    /// Whether a `:` says that it is a key.
    is_key: bool,
}

/// An index in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// From the start.
    At(usize),
    /// Behind the last item for a `set`, the last item for a `delete`.
    End,
}

/// The most steps of a path. Code that walks a document may be recursive.
const MOST_STEPS: usize = 100;

/// The characters that make a path a pattern, unless a `\` precedes them.
const PATTERN: [char; 5] = ['*', '?', '#', '@', '|'];

impl Path {
    /// Parses a path: parts with `.` between them, in which `\` escapes the next character.
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::EmptyPath);
        }
        if text.split('.').nth(MOST_STEPS).is_some() {
            return Err(Reason::LongPath(MOST_STEPS));
        }
        Ok(Self {
            steps: steps(text),
            text: text.to_owned(),
        })
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The steps, unless the path is a pattern.
    pub(super) fn steps(&self) -> Option<&[Step]> {
        self.steps.as_deref()
    }

    pub(super) fn is_pattern(&self) -> bool {
        self.steps.is_none()
    }
}

fn steps(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let (mut step, mut is_first) = (Step::new(), true);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '.' => {
                steps.push(std::mem::replace(&mut step, Step::new()));
                is_first = true;
                continue;
            }
            ':' if is_first => step.is_key = true,
            '\\' => step.text.extend(characters.next()),
            character if PATTERN.contains(&character) => return None,
            character => step.text.push(character),
        }
        is_first = false;
    }
    steps.push(step);
    Some(steps)
}

impl Step {
    fn new() -> Self {
        Self {
            text: String::new(),
            is_key: false,
        }
    }

    /// The key in a map.
    pub(super) fn key(&self) -> String {
        self.text.clone()
    }

    /// The index in a list, if it is one.
    pub(super) fn index(&self) -> Option<Index> {
        if self.is_key {
            None
        } else if self.text == "-1" {
            Some(Index::End)
        } else if self.text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = if self.text.is_empty() {
                "0"
            } else {
                &self.text
            };
            Some(Index::At(number.parse().unwrap_or(usize::MAX)))
        } else {
            None
        }
    }

    /// Whether a missing value that contains this step is a list.
    pub(super) fn is_index(&self) -> bool {
        self.index().is_some()
    }
}
