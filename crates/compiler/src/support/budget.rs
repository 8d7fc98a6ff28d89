//! The bytes that a run may make of its input, and its work. Placeholders and expressions can name a long
//! text as often as they like, and each copy takes memory. Not: how long an input may be; that is decided where it is
//! read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that a pass makes of placeholders, and the most that one makes of expressions.
pub(crate) const MOST_MADE: usize = 128 << 20;

/// How much all expressions of a project may go through, beside what each of its resources adds. It
/// takes about a second. One expression has a limit of its own.
pub(crate) const MOST_WORK: usize = 256 << 20;

/// What each resource adds to that: more than its expressions go through in most projects.
const WORK_OF_RESOURCE: usize = 16 << 10;

/// Bytes and work that are left. Copies share them, also those of other threads. Whether they are enough for
/// all does not depend on which comes first; which is refused does.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    bytes: Arc<AtomicUsize>,
    work: Arc<AtomicUsize>,
}

/// What is left once something did not fit, when nothing fits any more. There is never so much else.
const NOTHING: usize = usize::MAX;

/// Nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted {
    /// Whether this is the first time that there is none, which is to be reported.
    pub(crate) first: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self::for_resources(0)
    }
}

impl Budget {
    /// The budget of so many resources.
    pub(crate) fn for_resources(count: usize) -> Self {
        let more = count.saturating_mul(WORK_OF_RESOURCE);
        Self {
            bytes: Arc::new(AtomicUsize::new(MOST_MADE)),
            work: Arc::new(AtomicUsize::new(MOST_WORK.saturating_add(more))),
        }
    }

    /// Whether nothing fits any more.
    pub(crate) fn is_exhausted(&self) -> bool {
        let order = Ordering::Relaxed;
        self.bytes.load(order) == NOTHING || self.work.load(order) == NOTHING
    }

    /// Takes so many bytes. When they do not fit, nothing fits any more.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        take(&self.bytes, bytes)
    }

    /// Takes so much work. When it does not fit, nothing fits any more.
    pub(crate) fn work(&self, amount: usize) -> Result<(), Exhausted> {
        take(&self.work, amount)
    }
}

fn take(left: &AtomicUsize, amount: usize) -> Result<(), Exhausted> {
    let after = |left: usize| match left {
        NOTHING => None,
        left => Some(left.checked_sub(amount).unwrap_or(NOTHING)),
    };
    let order = Ordering::Relaxed;
    match left.fetch_update(order, order, after) {
        Ok(left) if amount <= left => Ok(()),
        Ok(_) => Err(Exhausted { first: true }),
        Err(_) => Err(Exhausted { first: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Exhausted, MOST_MADE, MOST_WORK};

    #[test]
    fn it_is_exhausted_once() {
        let budget = Budget::default();
        let shared = budget.clone();
        assert_eq!(budget.take(MOST_MADE), Ok(()));
        assert_eq!(shared.take(1), Err(Exhausted { first: true }));
        assert_eq!(budget.take(0), Err(Exhausted { first: false }));
    }

    #[test]
    fn work_counts_by_itself() {
        let budget = Budget::for_resources(1);
        assert_eq!(budget.take(MOST_MADE), Ok(()));
        assert_eq!(budget.work(MOST_WORK), Ok(()));
        assert!(!budget.is_exhausted());
        assert_eq!(
            budget.clone().work(MOST_WORK),
            Err(Exhausted { first: true })
        );
        assert!(budget.is_exhausted());
    }
}
