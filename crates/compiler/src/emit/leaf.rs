//! References in documents that are being written. The layout of the surrounding text is out of scope.

use std::convert::Infallible;

use super::yaml::escaped;
use crate::ir::{Sealed, Segment, Text};

/// A reference in a document. Each type defines how it can be laid out before its value is known, so that
/// no writer can omit it.
pub trait Leaf: Clone {
    /// The reference in double quotes.
    fn quoted(&self) -> Self;

    /// A sample with the same kinds of characters as the value, if they are known.
    fn sample(&self) -> Option<&str>;

    /// Whether it is a complete scalar, including quotes.
    fn is_scalar(&self) -> bool;

    /// Whether it can be part of a block literal: its value has no line breaks.
    fn is_line(&self) -> bool;
}

/// A secret. Derived secrets need no escapes.
impl Leaf for Sealed {
    fn quoted(&self) -> Self {
        self.within("yaml", escaped)
    }

    fn sample(&self) -> Option<&str> {
        None
    }

    fn is_scalar(&self) -> bool {
        false
    }

    fn is_line(&self) -> bool {
        self.external().is_none()
    }
}

/// No reference: the document is plain.
impl Leaf for Infallible {
    fn quoted(&self) -> Self {
        match *self {}
    }

    fn sample(&self) -> Option<&str> {
        match *self {}
    }

    fn is_scalar(&self) -> bool {
        match *self {}
    }

    fn is_line(&self) -> bool {
        match *self {}
    }
}

/// The text with a sample for each reference, if all of them have one.
pub(super) fn sample<R: Leaf>(text: &Text<R>) -> Option<String> {
    let parts = text.segments().iter().map(|segment| match segment {
        Segment::Plain(plain) => Some(plain.as_str()),
        Segment::Ref(reference) => reference.sample(),
    });
    parts.collect()
}
