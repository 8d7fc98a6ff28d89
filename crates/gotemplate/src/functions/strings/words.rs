//! Shortening and wrapping.

use crate::text::push;

/// A string shortened to so many bytes, with `...` for missing parts. The part before the offset may
/// be missing, too.
pub(super) fn abbreviated(bytes: &[u8], offset: i64, width: i64) -> Vec<u8> {
    const DOTS: &[u8] = b"...";
    let is_short = i64::try_from(bytes.len()).is_ok_and(|length| length <= width);
    let width = usize::try_from(width).unwrap_or_default();
    if width < 4 || offset > 0 && width < 7 || is_short {
        return bytes.to_vec();
    }
    let offset = usize::try_from(offset).unwrap_or_default().min(bytes.len());
    let offset = if bytes.len() - offset < width - 3 {
        bytes.len() - (width - 3)
    } else {
        offset
    };
    if offset <= 4 {
        return [&bytes[..width - 3], DOTS].concat();
    }
    if offset + width - 3 < bytes.len() {
        return [
            DOTS,
            &abbreviated(
                &bytes[offset..],
                0,
                i64::try_from(width - 3).unwrap_or_default(),
            ),
        ]
        .concat();
    }
    [DOTS, &bytes[bytes.len() - (width - 3)..]].concat()
}

/// The first byte of each word, as a character.
pub(super) fn initials(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut is_gap) = (Vec::new(), true);
    for byte in bytes {
        let character = char::from(*byte);
        if character.is_whitespace() {
            is_gap = true;
        } else if is_gap {
            push(&mut out, character);
            is_gap = false;
        }
    }
    out
}

/// A string in lines of so many bytes. Words that are longer are broken or not.
pub(super) fn wrapped(bytes: &[u8], width: i64, separator: &[u8], breaks: bool) -> Vec<u8> {
    let width = usize::try_from(width).unwrap_or_default().max(1);
    let separator: &[u8] = if separator.is_empty() {
        b"\n"
    } else {
        separator
    };
    let (mut out, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let space = rest[..=width].iter().rposition(|byte| *byte == b' ');
        let (end, next) = match space {
            Some(space) => (space, space + 1),
            None if breaks => (width, width),
            None => match rest[width..].iter().position(|byte| *byte == b' ') {
                Some(space) => (width + space, width + space + 1),
                None => break,
            },
        };
        out.extend(&rest[..end]);
        out.extend(separator);
        rest = &rest[next..];
    }
    out.extend(rest);
    out
}
