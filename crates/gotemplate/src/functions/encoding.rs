//! sprig's functions of JSON, Base64 and Base32.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::arguments::{any, bytes, text};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::json::{Style, decode, encode};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    entry("b32dec", "s", |context, values| {
        let decoded = base32_decoded(bytes(values, 0));
        text(
            context,
            decoded.unwrap_or_else(|at| format!("illegal base32 data at input byte {at}").into()),
        )
    }),
    entry("b32enc", "s", |context, values| {
        text(context, base32(bytes(values, 0)))
    }),
    entry("b64dec", "s", |context, values| {
        let decoded = base64_decoded(bytes(values, 0));
        text(
            context,
            decoded.unwrap_or_else(|at| format!("illegal base64 data at input byte {at}").into()),
        )
    }),
    entry("b64enc", "s", |context, values| {
        text(context, base64(bytes(values, 0)))
    }),
    entry("fromJson", "s", |context, values| {
        Ok(decode(bytes(values, 0), context)?.unwrap_or_default())
    }),
    entry("mustFromJson", "s", |context, values| {
        decode(bytes(values, 0), context)?.ok_or_else(|| Failure::invalid("invalid JSON"))
    }),
    entry("mustToJson", "a", |context, values| {
        encoded(context, values, Style::Html)
    }),
    entry("mustToPrettyJson", "a", |context, values| {
        encoded(context, values, Style::Pretty)
    }),
    entry("mustToRawJson", "a", |context, values| {
        encoded(context, values, Style::Raw)
    }),
    entry("toJson", "a", |context, values| {
        encoded(context, values, Style::Html)
    }),
    entry("toPrettyJson", "a", |context, values| {
        encoded(context, values, Style::Pretty)
    }),
    entry("toRawJson", "a", |context, values| {
        encoded(context, values, Style::Raw)
    }),
];

fn encoded(context: &mut Context, values: &[Value], style: Style) -> Outcome<Value> {
    encode(&any(values, 0), style, context).map(Value::string)
}

/// Base64 with padding. Bits that are not used may be set, as in Go.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Encodes as Base64.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    BASE64.encode(bytes).into_bytes()
}

/// Decodes Base64, in which line breaks are ignored. The error is the place where it is wrong.
pub(super) fn base64_decoded(bytes: &[u8]) -> Result<Vec<u8>, usize> {
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let kept: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !is_break(byte))
        .collect();
    BASE64.decode(&kept).map_err(|_| {
        let is_wrong = |byte: &u8| {
            !byte.is_ascii_alphanumeric() && *byte != b'+' && *byte != b'/' && !is_break(byte)
        };
        let wrong = bytes.iter().position(is_wrong);
        // Go reports a character that is wrong, or the start of a group that is not complete.
        wrong.unwrap_or(kept.len() / 4 * 4)
    })
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let bits = (0..5).fold(0u64, |bits, at| {
            bits << 8 | u64::from(group.get(at).copied().unwrap_or_default())
        });
        let digits = (group.len() * 8).div_ceil(5);
        out.extend((0..digits).map(|at| BASE32[(bits >> (35 - 5 * at) & 31) as usize]));
        out.extend(std::iter::repeat_n(b'=', 8 - digits));
    }
    out
}

fn base32_decoded(bytes: &[u8]) -> Result<Vec<u8>, usize> {
    let bytes: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let mut out = Vec::with_capacity(bytes.len() / 8 * 5);
    let groups = bytes.chunks(8).count();
    for (index, group) in bytes.chunks(8).enumerate() {
        let start = 8 * index;
        let digits = group.iter().take_while(|byte| **byte != b'=').count();
        let is_padded = group[digits..].iter().all(|byte| *byte == b'=');
        let is_complete = group.len() == 8 && is_padded && matches!(digits, 2 | 4 | 5 | 7 | 8);
        let mut bits = 0u64;
        for at in 0..8 {
            let digit = group.get(at).filter(|_| at < digits);
            let value = match digit {
                Some(digit) => BASE32.iter().position(|it| it == digit).ok_or(start + at)?,
                None => 0,
            };
            bits = bits << 5 | value as u64;
        }
        if !is_complete || digits < 8 && index + 1 < groups {
            return Err(start + if is_padded { 0 } else { digits });
        }
        let length = digits * 5 / 8;
        out.extend(&bits.to_be_bytes()[3..3 + length]);
    }
    Ok(out)
}
