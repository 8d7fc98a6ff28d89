//! How much a run may make of its input. Placeholders and expressions can name a long text as often as
//! they like, and each copy takes memory. Not: how long an input may be; that is decided where it is
//! read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that a pass makes of placeholders, and the most that one makes of expressions.
pub(crate) const MOST_MADE: usize = 128 << 20;

/// What may still be made. Copies share what is left, also those of other threads. Whether it is
/// enough for all of them does not depend on who comes first; who is refused does.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<AtomicUsize>);

/// What is left once something did not fit, when nothing fits any more. There is never so much else.
const NOTHING: usize = usize::MAX;

/// There is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    /// Whether this is the first time that there is none, which is to be reported.
    pub(crate) first: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(MOST_MADE)))
    }
}

impl Room {
    /// Whether nothing fits any more.
    pub(crate) fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) == NOTHING
    }

    /// Takes so many bytes. When they do not fit, nothing fits any more.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Full> {
        let after = |left: usize| match left {
            NOTHING => None,
            left => Some(left.checked_sub(bytes).unwrap_or(NOTHING)),
        };
        let order = Ordering::Relaxed;
        match self.0.fetch_update(order, order, after) {
            Ok(left) if bytes <= left => Ok(()),
            Ok(_) => Err(Full { first: true }),
            Err(_) => Err(Full { first: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Full, MOST_MADE, Room};

    #[test]
    fn it_is_full_once() {
        let room = Room::default();
        let shared = room.clone();
        assert_eq!(room.take(MOST_MADE), Ok(()));
        assert_eq!(shared.take(1), Err(Full { first: true }));
        assert_eq!(room.take(0), Err(Full { first: false }));
    }
}
