//! Random values, which are derived from the seed.

use super::arguments::{bytes, int, text};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::text::{chars, lossy};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    entry("randAlpha", "i", |context, values| {
        letters(context, "randAlpha", int(values, 0), ALPHA)
    }),
    entry("randAlphaNum", "i", |context, values| {
        letters(context, "randAlphaNum", int(values, 0), ALPHANUMERIC)
    }),
    entry("randAscii", "i", |context, values| {
        letters(context, "randAscii", int(values, 0), &ascii())
    }),
    entry("randBytes", "i", rand_bytes),
    entry("randInt", "ii", rand_int),
    entry("randNumeric", "i", |context, values| {
        letters(context, "randNumeric", int(values, 0), DIGITS)
    }),
    entry("shuffle", "s", shuffle),
    entry("uuidv4", "", uuid),
];

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ALPHA: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

/// All printable ASCII characters.
fn ascii() -> Vec<u8> {
    (b' '..=b'~').collect()
}

/// The number of random letters or bytes.
fn count(context: &mut Context, count: i64) -> Outcome<usize> {
    let count = usize::try_from(count).map_err(|_| Failure::invalid("negative count"))?;
    context.allocate(count.saturating_mul(2))?;
    // A block of 32 random bytes takes about as long as two steps.
    context.step(count / 8)?;
    Ok(count)
}

/// A random value.
fn recorded(context: &mut Context, value: Vec<u8>) -> Outcome<Value> {
    let other = context.record(lossy(&value).into_owned());
    text(context, other.map_or(value, String::into_bytes))
}

fn letters(
    context: &mut Context,
    function: &'static str,
    length: i64,
    of: &[u8],
) -> Outcome<Value> {
    let length = count(context, length)?;
    let mut random = context.random(function);
    let letters = (0..length).map(|_| {
        let at = random.below(of.len() as u64);
        usize::try_from(at)
            .ok()
            .and_then(|at| of.get(at))
            .copied()
            .unwrap_or(b'0')
    });
    let letters = letters.collect();
    recorded(context, letters)
}

fn rand_bytes(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let length = count(context, int(values, 0))?;
    let mut bytes = vec![0; length];
    context.random("randBytes").fill(&mut bytes);
    let encoded = super::encoding::base64(&bytes);
    recorded(context, encoded)
}

fn rand_int(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (start, end) = (int(values, 0), int(values, 1));
    if start >= end {
        return Err(Failure::invalid("there is no number in an empty range"));
    }
    let number = context.random("randInt").below(start.abs_diff(end));
    let number = start.wrapping_add_unsigned(number);
    let other = context.record(number.to_string());
    let other = other.and_then(|other| other.parse().ok());
    Ok(Value::int(other.unwrap_or(number)))
}

fn shuffle(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let mut characters: Vec<char> = chars(bytes(values, 0)).collect();
    count(
        context,
        i64::try_from(4 * characters.len()).unwrap_or(i64::MAX),
    )?;
    let mut random = context.random("shuffle");
    for last in (1..characters.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap_or_default();
        characters.swap(last, other);
    }
    let shuffled: String = characters.into_iter().collect();
    recorded(context, shuffled.into_bytes())
}

fn uuid(context: &mut Context, _: &[Value]) -> Outcome<Value> {
    let mut bytes = [0; 16];
    context.random("uuidv4").fill(&mut bytes);
    // The version and the variant.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = super::encoding::hex(&bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    recorded(context, parts.join("-").into_bytes())
}
