//! The table of types, which is split into lines while the compiler is built. The fields of a type are parsed
//! on first use.

use std::cmp::Ordering;
use std::fmt;
use std::sync::OnceLock;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::{Meaning, Shape};

/// The fields of a type with their shapes, in the customary order.
type Fields = IndexMap<&'static str, Shape, FixedState>;

const TABLE: &str = include_str!("../fields.txt");

/// The number of types, each of which is a line of the table.
const COUNT: usize = count();

/// Where each line starts, and the end of the table. The lines are sorted by the names of the types.
static STARTS: [usize; COUNT + 1] = starts();

static FIELDS: [OnceLock<Fields>; COUNT] = [const { OnceLock::new() }; COUNT];

/// A type, by the number of its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Type(usize);

impl Type {
    /// The type with this name, if it is in the table.
    pub(super) fn named(name: &str) -> Option<Self> {
        let starts = &STARTS[..COUNT];
        let line = starts.binary_search_by(|start| compare(*start, name));
        line.ok().map(Self)
    }

    /// The name of the type.
    pub(crate) fn name(self) -> &'static str {
        name_at(STARTS[self.0])
    }

    /// The fields of the type.
    pub(crate) fn fields(self) -> &'static Fields {
        FIELDS[self.0].get_or_init(|| {
            let line = TABLE[STARTS[self.0]..STARTS[self.0 + 1]].trim_end();
            let each = line.split(' ').skip(1);
            let count = line.bytes().filter(|byte| *byte == b' ').count();
            let mut fields = Fields::with_capacity_and_hasher(count, FixedState::default());
            fields.extend(each.map(|field| match field.split_once(':') {
                Some((field, of)) => (field, Shape::read(of)),
                None => (field, Shape::String(Meaning::Text)),
            }));
            fields
        })
    }
}

/// Only the name, because types may contain themselves.
impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Compares the name of the type whose line starts here, which ends before a space, with a name. A search
/// for the space takes longer than the comparison.
fn compare(start: usize, name: &str) -> Ordering {
    let line = &TABLE.as_bytes()[start..];
    let (begin, rest) = line.split_at(name.len().min(line.len()));
    let order = begin.cmp(name.as_bytes());
    order.then_with(|| match rest.first() {
        None | Some(b' ') => Ordering::Equal,
        Some(_) => Ordering::Greater,
    })
}

/// The name of the type whose line starts here.
fn name_at(start: usize) -> &'static str {
    let rest = &TABLE[start..];
    rest.split_once(' ').map_or(rest, |(name, _)| name)
}

const fn count() -> usize {
    let (mut lines, mut at) = (0, 0);
    while at < TABLE.len() {
        if TABLE.as_bytes()[at] == b'\n' {
            lines += 1;
        }
        at += 1;
    }
    lines
}

const fn starts() -> [usize; COUNT + 1] {
    let mut starts = [0; COUNT + 1];
    let (mut lines, mut at) = (0, 0);
    while at < TABLE.len() {
        if TABLE.as_bytes()[at] == b'\n' {
            lines += 1;
            starts[lines] = at + 1;
        }
        at += 1;
    }
    starts
}
