//! Limits on the bytes and the work of a run. Placeholders and expressions can use a long string any number
//! of times, and each copy takes memory. Limits on inputs are checked where they are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The maximum number of bytes that a pass creates from placeholders, and from expressions.
pub(crate) const MOST_MADE: usize = 128 << 20;

/// The amount of data that all expressions of a project may process, in addition to the share of
/// its resources. It takes about a second. Single expressions have their own limit.
pub(crate) const MOST_WORK: usize = 256 << 20;

/// The share of each resource: more than its expressions process in most projects.
const WORK_OF_RESOURCE: usize = 16 << 10;

/// The remaining bytes and work. Clones share the budget, also across threads. Whether it is sufficient for
/// all does not depend on their order, but which one is rejected does.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    bytes: Arc<AtomicUsize>,
    work: Arc<AtomicUsize>,
}

/// The remaining amount after the budget was exceeded, which rejects everything else. Valid amounts are
/// always smaller.
const NOTHING: usize = usize::MAX;

/// The budget is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted {
    /// Whether it is exceeded for the first time and has to be reported.
    pub(crate) first: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self::for_resources(0)
    }
}

impl Budget {
    /// The budget for a number of resources.
    pub(crate) fn for_resources(count: usize) -> Self {
        let more = count.saturating_mul(WORK_OF_RESOURCE);
        Self {
            bytes: Arc::new(AtomicUsize::new(MOST_MADE)),
            work: Arc::new(AtomicUsize::new(MOST_WORK.saturating_add(more))),
        }
    }

    /// Whether the budget is exhausted.
    pub(crate) fn is_exhausted(&self) -> bool {
        let order = Ordering::Relaxed;
        self.bytes.load(order) == NOTHING || self.work.load(order) == NOTHING
    }

    /// Deducts bytes. If they exceed the budget, it is exhausted.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        take(&self.bytes, bytes)
    }

    /// Deducts work. If it exceeds the budget, it is exhausted.
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
