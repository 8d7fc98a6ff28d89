//! Unified diffs with bounded work for any input. The result depends only on the input, not on the
//! clock.

use std::fmt::Write;
use std::ops::Range;

use indexmap::IndexMap;
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops, udiff};

use crate::report::printable::clean;

/// The number of context lines around a change.
const CONTEXT: usize = 3;

/// The maximum number of steps in the search for the smallest difference, which takes about a
/// second without optimization. Beyond that, differences are larger than necessary.
const MOST_STEPS: usize = 10_000_000;

/// The unified diff of two named strings; empty if they are equal.
pub(crate) fn difference(old: (&str, &str), new: (&str, &str)) -> String {
    let ((old_name, old), (new_name, new)) = (old, new);
    let (old, new) = (lines(old), lines(new));
    let mut numbers = IndexMap::new();
    let (before, after) = (numbered(&old, &mut numbers), numbered(&new, &mut numbers));
    let mut search = Search {
        old: &before,
        new: &after,
        kinds: numbers.len(),
        steps: MOST_STEPS,
        ops: Vec::new(),
    };
    search.all();
    let mut text = String::new();
    let hunks = group_diff_ops(search.ops, CONTEXT);
    for hunk in hunks.iter().filter(|hunk| !hunk.is_empty()) {
        if text.is_empty() {
            let _ = write!(text, "--- {}\n+++ {}\n", clean(old_name), clean(new_name));
        }
        let _ = writeln!(text, "{}", udiff::UnifiedHunkHeader::new(hunk));
        for change in hunk.iter().flat_map(|op| op.iter_changes(&old, &new)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let line: &str = change.value();
            let _ = writeln!(text, "{sign}{}", line.strip_suffix('\n').unwrap_or(line));
            if !line.ends_with('\n') {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// The lines of a string, including line breaks.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines as numbers, which are equal for equal lines.
fn numbered<'a>(lines: &[&'a str], known: &mut IndexMap<&'a str, u32>) -> Vec<u32> {
    let mut number = |line: &&'a str| {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *known.entry(*line).or_insert(next)
    };
    lines.iter().map(&mut number).collect()
}

/// A range of lines in both strings.
#[derive(Debug, Clone)]
struct Part {
    old: Range<usize>,
    new: Range<usize>,
}

/// The search for changes.
struct Search<'a> {
    old: &'a [u32],
    new: &'a [u32],
    /// The number of distinct lines.
    kinds: usize,
    /// The number of remaining steps.
    steps: usize,
    /// The result so far, in order.
    ops: Vec<DiffOp>,
}

impl Search<'_> {
    /// Compares the whole strings. If that takes too many steps, lines that are unique in both strings
    /// divide them into parts that are compared separately.
    fn all(&mut self) {
        let whole = Part {
            old: 0..self.old.len(),
            new: 0..self.new.len(),
        };
        if self.smallest(&whole) {
            return;
        }
        let (mut old, mut new) = (0, 0);
        for (a, b) in self.anchors() {
            self.part(old..a, new..b);
            self.push(DiffOp::Equal {
                old_index: a,
                new_index: b,
                len: 1,
            });
            (old, new) = (a + 1, b + 1);
        }
        self.part(old..self.old.len(), new..self.new.len());
    }

    /// Compares a part, as exactly as the remaining steps allow.
    fn part(&mut self, old: Range<usize>, new: Range<usize>) {
        let part = Part { old, new };
        if !self.smallest(&part) {
            let Part { old, new } = part;
            self.push(DiffOp::Replace {
                old_index: old.start,
                old_len: old.len(),
                new_index: new.start,
                new_len: new.len(),
            });
        }
    }

    /// Finds the smallest difference of a part. Returns false if that takes too many steps.
    fn smallest(&mut self, part: &Part) -> bool {
        let (old, new) = (&self.old[part.old.clone()], &self.new[part.new.clone()]);
        if !is_near(old, new, &mut self.steps) {
            return false;
        }
        for op in capture_diff_slices(Algorithm::Myers, old, new) {
            self.push(moved(op, part));
        }
        true
    }

    /// Adds an operation, and merges consecutive equal lines.
    fn push(&mut self, op: DiffOp) {
        match (self.ops.last_mut(), op) {
            (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) => *len += more,
            (_, op) => self.ops.push(op),
        }
    }

    /// The lines that are unique in both strings, as the longest sequence with the same order in
    /// both.
    fn anchors(&self) -> Vec<(usize, usize)> {
        let (old, new) = (unique(self.old, self.kinds), unique(self.new, self.kinds));
        let both = old.into_iter().zip(new);
        let mut pairs: Vec<_> = both.filter_map(|(old, new)| Some((old?, new?))).collect();
        pairs.sort_unstable();
        longest_rising(&pairs)
    }
}

/// The position of each line by its number; `None` for a line that is absent or not unique.
fn unique(lines: &[u32], kinds: usize) -> Vec<Option<usize>> {
    let mut places = vec![(None, 0); kinds];
    for (at, line) in lines.iter().enumerate() {
        let (place, count) = &mut places[*line as usize];
        *place = Some(at);
        *count += 1;
    }
    let once = |(place, count): (Option<usize>, usize)| place.filter(|_| count == 1);
    places.into_iter().map(once).collect()
}

/// The longest subsequence of pairs in which the second numbers are increasing (patience sorting).
/// The first numbers must be increasing.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best sequence of each length, and the predecessor of each pair.
    let mut last: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, place)) in pairs.iter().enumerate() {
        let length = last.partition_point(|it| pairs[*it].1 < *place);
        before.push(length.checked_sub(1).map(|it| last[it]));
        if length == last.len() {
            last.push(at);
        } else {
            last[length] = at;
        }
    }
    let ends = last.last().copied();
    let mut found: Vec<_> = std::iter::successors(ends, |at| before[*at])
        .map(|at| pairs[at])
        .collect();
    found.reverse();
    found
}

/// Whether the smallest difference can be found with the remaining steps, which are reduced. This
/// is the forward search of Myers' algorithm, which only counts changes.
fn is_near(old: &[u32], new: &[u32], steps: &mut usize) -> bool {
    let most = old.len() + new.len();
    // The furthest position in `old` for each diagonal (position in `old` minus position in `new`).
    let mut reached = vec![0; 2 * most.min(*steps) + 3];
    let middle = reached.len() / 2;
    for changes in 0..=most {
        for at in (0..=changes).map(|it| middle + 2 * it - changes) {
            let (Some(&below), Some(&above)) = (reached.get(at - 1), reached.get(at + 1)) else {
                return false;
            };
            let is_first = at + changes == middle;
            let is_last = at == middle + changes;
            let mut x: usize = if is_first || (!is_last && below < above) {
                above
            } else {
                below + 1
            };
            let begun = x;
            let mut y = x + middle - at;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            reached[at] = x;
            let taken = x - begun + 1;
            if taken > *steps {
                *steps = 0;
                return false;
            }
            *steps -= taken;
            if x >= old.len() && y >= new.len() {
                return true;
            }
        }
    }
    true
}

/// An operation of a part with its positions in the whole strings.
fn moved(op: DiffOp, part: &Part) -> DiffOp {
    let (tag, old, new) = op.as_tag_tuple();
    let (old_index, new_index) = (part.old.start + old.start, part.new.start + new.start);
    let (old_len, new_len) = (old.len(), new.len());
    match tag {
        similar::DiffTag::Equal => DiffOp::Equal {
            old_index,
            new_index,
            len: old_len,
        },
        similar::DiffTag::Delete => DiffOp::Delete {
            old_index,
            old_len,
            new_index,
        },
        similar::DiffTag::Insert => DiffOp::Insert {
            old_index,
            new_index,
            new_len,
        },
        similar::DiffTag::Replace => DiffOp::Replace {
            old_index,
            old_len,
            new_index,
            new_len,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use similar::TextDiff;

    use super::difference;

    fn between(old: &str, new: &str) -> String {
        difference(("old", old), ("new", new))
    }

    /// A line for each number.
    fn lines(numbers: impl Iterator<Item = usize>) -> String {
        numbers.fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "{number}");
            text
        })
    }

    /// Applies a unified diff.
    fn patched(old: &str, diff: &str) -> String {
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let (mut text, mut at) = (String::new(), 0);
        for line in diff.split_inclusive('\n').skip(2) {
            let (sign, rest) = line.split_at(1);
            match sign {
                "@" => {
                    let (from, _) = rest.split_once('-').unwrap().1.split_once(' ').unwrap();
                    let (from, count) = from.split_once(',').unwrap_or((from, "1"));
                    let begin = from.parse::<usize>().unwrap() - usize::from(count != "0");
                    text.push_str(&old[at..begin].concat());
                    at = begin;
                }
                "-" => at += 1,
                "+" => text.push_str(rest),
                _ => {
                    assert_eq!(old[at], rest);
                    text.push_str(rest);
                    at += 1;
                }
            }
        }
        text.push_str(&old[at..].concat());
        text
    }

    #[test]
    fn small_differences_are_those_of_the_algorithm_of_myers() {
        let old: String = lines((0..200).map(|line| line % 37));
        for new in [
            old.replace("12\n", ""),
            old.replace("12\n", "12\n12\n"),
            old.replace("3\n", "x\n"),
            format!("a\n{old}z\n"),
            old.trim_end().to_owned(),
            String::new(),
        ] {
            for (old, new) in [(&old, &new), (&new, &old)] {
                let expected = TextDiff::from_lines(old, new)
                    .unified_diff()
                    .header("old", "new")
                    .to_string();
                assert_eq!(between(old, new), expected);
            }
        }
        assert_eq!(between(&old, &old), "");
        assert_eq!(
            between("a\n", "b"),
            "--- old\n+++ new\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn texts_with_little_in_common_take_no_long_time() {
        let old = lines(0..40_000);
        let start = Instant::now();
        for new in [
            lines((0..40_000).rev()),
            lines((0..40_000).map(|line| line * 7_919 % 40_009)),
            lines((0..40_000).map(|line| line % 10)),
            lines((0..40_000).map(|line| line + 40_000 * (line % 2))),
        ] {
            let diff = between(&old, &new);
            assert_eq!(patched(&old, &diff), new);
            assert_eq!(between(&old, &new), diff);
        }
        // A build without optimization takes a few seconds for all of them.
        assert!(start.elapsed() < Duration::from_mins(1));
    }

    #[test]
    fn lines_that_are_unique_keep_large_differences_small() {
        let old = lines(0..30_000);
        let new = lines((0..30_000).map(|line| line + 100_000 * (line % 2)));
        let diff = between(&old, &new);
        assert_eq!(diff.matches("\n-").count(), 15_000);
        assert_eq!(patched(&old, &diff), new);
    }
}
