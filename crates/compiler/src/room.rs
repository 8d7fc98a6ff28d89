//! How much a run may make of its input. Placeholders and expressions can name a long text as often as
//! they like, and each copy takes memory. Not: how long an input may be; that is decided where it is
//! read.

use std::cell::Cell;
use std::rc::Rc;

/// The most bytes that a pass makes of placeholders, and the most that one makes of expressions.
pub(crate) const MOST_MADE: usize = 128 << 20;

/// What may still be made. Copies share what is left.
#[derive(Debug, Clone)]
pub(crate) struct Room(Rc<Cell<Left>>);

#[derive(Debug, Clone, Copy)]
enum Left {
    Bytes(usize),
    Nothing,
}

/// There is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    /// Whether this is the first time that there is none, which is to be reported.
    pub(crate) first: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self(Rc::new(Cell::new(Left::Bytes(MOST_MADE))))
    }
}

impl Room {
    /// Whether nothing fits any more.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self.0.get(), Left::Nothing)
    }

    /// Takes so many bytes. When they do not fit, nothing fits any more.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Full> {
        match self.0.get() {
            Left::Bytes(left) if bytes <= left => {
                self.0.set(Left::Bytes(left - bytes));
                Ok(())
            }
            Left::Bytes(_) => {
                self.0.set(Left::Nothing);
                Err(Full { first: true })
            }
            Left::Nothing => Err(Full { first: false }),
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
