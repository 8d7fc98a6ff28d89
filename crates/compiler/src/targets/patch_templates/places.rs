//! The places of operations in patch templates. Templates are rendered before they are read, so a place is searched for
//! in the text of the template.

use std::cell::Cell;

use score_spec::Span;

use crate::ir::PatchTemplate;

/// The amount of text that is searched. Then the first lines of templates are the places.
const MOST_SEARCHED: usize = 50_000_000;

/// The number of operations that are compared with paths of the output. Then parts of it have no place.
const MOST_COMPARED: usize = 1_000_000;

/// An operation that has been carried out.
struct Applied {
    path: String,
    /// The index of its template.
    template: usize,
}

/// The operations that have been carried out, and the work that is left to search for their places.
pub(super) struct Places<'a> {
    templates: &'a [PatchTemplate],
    applied: Vec<Applied>,
    text: Cell<usize>,
    operations: Cell<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(templates: &'a [PatchTemplate]) -> Self {
        Self {
            templates,
            applied: Vec::new(),
            text: Cell::new(MOST_SEARCHED),
            operations: Cell::new(MOST_COMPARED),
        }
    }

    /// Adds an operation of a template, and returns its number.
    pub(super) fn add(&mut self, path: &str, template: usize) -> usize {
        self.applied.push(Applied {
            path: path.to_owned(),
            template,
        });
        self.applied.len() - 1
    }

    /// The number of the last operation among those whose paths have most in common with a path.
    pub(super) fn similar(&self, path: &[&str]) -> Option<usize> {
        take(&self.operations, self.applied.len())?;
        let numbers = 0..self.applied.len();
        let rated = numbers.filter_map(|it| Some((self.applied[it].in_common(path)?, it)));
        let best = rated.max().map(|(_, number)| number);
        best.or(self.applied.len().checked_sub(1))
    }

    /// The place of an operation: that of its path, or of the longest end of it that is in the template. Of equal ones, it
    /// is the next after those of earlier operations with the same path.
    pub(super) fn of(&self, number: usize) -> Option<Span> {
        let Applied { path, template } = self.applied.get(number)?;
        take(&self.operations, number)?;
        let earlier = self.applied[..number].iter();
        let earlier = earlier.filter(|it| it.template == *template && it.path == *path);
        let earlier = earlier.count();
        let template = &self.templates[*template];
        let text = &template.text;
        let starts = path.match_indices('.').map(|(at, _)| at);
        let ends = [0].into_iter().chain(starts).map(|at| &path[at..]);
        for end in ends.filter(|end| end.len() <= text.len()) {
            if take(&self.text, text.len()).is_none() {
                break;
            }
            let places = text.match_indices(end).map(|(at, _)| at);
            let places: Vec<usize> = places.filter(|at| is_path(text, *at, end)).collect();
            if let Some(at) = places.get(earlier).or(places.last()) {
                return Some(Span::new(template.source, *at, at + end.len()));
            }
        }
        Some(line(template, 1))
    }
}

impl Applied {
    /// The number of keys at the start that a path has as well; absent if they lead to different parts. Indices are not
    /// compared, because later operations may have moved an item.
    fn in_common(&self, path: &[&str]) -> Option<usize> {
        let is_key = |step: &&str| !step.starts_with(['#', '-']) && step.parse::<usize>().is_err();
        let steps = self
            .path
            .split('.')
            .map(|step| step.trim_start_matches(':'));
        let keys = path.iter().copied().filter(is_key);
        let pairs: Vec<(&str, &str)> = steps.filter(is_key).zip(keys).collect();
        let is_same = |(step, key): &(&str, &str)| step == key || step.contains(['\\', '*', '?']);
        pairs.iter().all(is_same).then_some(pairs.len())
    }
}

/// Whether the end of a path at a place in a template is the end of a path there.
fn is_path(text: &str, at: usize, end: &str) -> bool {
    let before = text[..at].rsplit('\n').next().unwrap_or_default();
    let behind = text[at + end.len()..].chars().next();
    let is_whole = end.starts_with('.') || before.ends_with([' ', '"', '\'']);
    let is_longer = |c: char| c.is_alphanumeric() || "._-".contains(c);
    is_whole && before.contains("path") && !behind.is_some_and(is_longer)
}

/// Takes an amount from what is left; absent if there is less.
fn take(left: &Cell<usize>, amount: usize) -> Option<()> {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or_default());
    rest.map(|_| ())
}

/// A line of a template, counted from 1.
pub(super) fn line(template: &PatchTemplate, number: usize) -> Span {
    let mut start = 0;
    for (index, line) in template.text.split_inclusive('\n').enumerate() {
        if index + 1 == number {
            return Span::new(template.source, start, start + line.trim_end().len());
        }
        start += line.len();
    }
    Span::new(template.source, 0, 0)
}
