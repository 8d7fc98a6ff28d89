//! Functions of strings. Positions and lengths count characters.

use super::evaluate::Evaluator;
use super::functions::{Returned, integer};
use super::pattern::Pattern;
use super::problem::Trouble;
use super::value::Value;

const OUT_OF_RANGE: Trouble = Trouble::Message("a position is outside of the string");

/// A string argument, whose work is counted.
fn text<'v, 'a>(
    it: &'v [Value<'a>],
    at: usize,
    evaluator: &mut Evaluator<'a>,
) -> Result<&'v str, Trouble> {
    let text = it[at].text().ok_or(Trouble::Types)?;
    evaluator.charge_text(text.len())?;
    Ok(text)
}

/// An integer argument, if it is given.
fn number(it: &[Value<'_>], at: usize) -> Result<Option<i64>, Trouble> {
    match it.get(at) {
        Some(Value::Int(value)) => Ok(Some(*value)),
        Some(_) => Err(Trouble::Types),
        None => Ok(None),
    }
}

/// The byte offset of a character, or of the end.
fn offset(text: &str, position: i64) -> Result<usize, Trouble> {
    let position = usize::try_from(position).map_err(|_| OUT_OF_RANGE)?;
    let mut offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    offsets.nth(position).ok_or(OUT_OF_RANGE)
}

pub(super) fn string<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    match &it[0] {
        Value::Text(_) => Ok(it[0].clone()),
        Value::Bool(value) => Ok(Value::made(value.to_string())),
        Value::Int(value) => Ok(Value::made(value.to_string())),
        Value::Double(value) => Ok(Value::made(written(*value))),
        _ => Err(Trouble::Types),
    }
}

/// A float as Go writes it: shortest, with an exponent for very large and very small numbers.
fn written(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else {
            ["-Inf", "+Inf"][usize::from(value > 0.0)]
        }
        .into();
    }
    if value == 0.0 || (1e-4..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

pub(super) fn matches<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (text, pattern) = (text(it, 0, evaluator)?, pattern(it, evaluator)?);
    evaluator.charge(pattern.steps(text))?;
    Ok(Value::Bool(pattern.is_match(text)))
}

/// A regular expression that is known only now.
fn pattern<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Result<Pattern, Trouble> {
    let text = it[1].text().ok_or(Trouble::Types)?;
    // Compiling takes far longer than a usual step, also if repetitions make a short text large.
    evaluator.charge(500 + 10 * text.len() as u64)?;
    Pattern::new(text).map_err(Trouble::Message)
}

pub(super) fn find<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (text, pattern) = (text(it, 0, evaluator)?, pattern(it, evaluator)?);
    evaluator.charge(pattern.steps(text))?;
    Ok(Value::made(pattern.find(text).unwrap_or_default()))
}

pub(super) fn find_all<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let limit = number(it, 2)?.and_then(|limit| usize::try_from(limit).ok());
    let (text, pattern) = (text(it, 0, evaluator)?, pattern(it, evaluator)?);
    let mut all = Vec::new();
    let mut found = pattern.find_all(text).take(limit.unwrap_or(usize::MAX));
    loop {
        // Each search may read the whole text.
        evaluator.charge(pattern.steps(text))?;
        match found.next() {
            Some(found) => all.push(Value::made(found)),
            None => return Ok(Value::list(all)),
        }
    }
}

pub(super) fn starts_with<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (text, part) = (it[0].text().ok_or(Trouble::Types)?, text(it, 1, evaluator)?);
    Ok(Value::Bool(text.starts_with(part)))
}

pub(super) fn ends_with<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (text, part) = (it[0].text().ok_or(Trouble::Types)?, text(it, 1, evaluator)?);
    Ok(Value::Bool(text.ends_with(part)))
}

pub(super) fn contains<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (text, part) = (text(it, 0, evaluator)?, text(it, 1, evaluator)?);
    Ok(Value::Bool(text.contains(part)))
}

pub(super) fn char_at<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let text = text(it, 0, evaluator)?;
    let rest = &text[offset(text, number(it, 1)?.unwrap_or(0))?..];
    Ok(Value::made(
        rest.chars().next().map(String::from).unwrap_or_default(),
    ))
}

pub(super) fn substring<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let text = text(it, 0, evaluator)?;
    let start = offset(text, number(it, 1)?.unwrap_or(0))?;
    let end = match number(it, 2)? {
        Some(end) => offset(text, end)?,
        None => text.len(),
    };
    text.get(start..end).map(Value::made).ok_or(OUT_OF_RANGE)
}

pub(super) fn lower<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    Ok(Value::made(text(it, 0, evaluator)?.to_ascii_lowercase()))
}

pub(super) fn upper<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    Ok(Value::made(text(it, 0, evaluator)?.to_ascii_uppercase()))
}

pub(super) fn trim<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    Ok(Value::made(text(it, 0, evaluator)?.trim()))
}

/// A limit of replacements or parts; none if it is negative or not given.
fn limit(it: &[Value<'_>], at: usize) -> Result<usize, Trouble> {
    let limit = number(it, at)?.and_then(|limit| usize::try_from(limit).ok());
    Ok(limit.unwrap_or(usize::MAX))
}

pub(super) fn replace<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let [text, old, new] = [
        text(it, 0, evaluator)?,
        text(it, 1, evaluator)?,
        text(it, 2, evaluator)?,
    ];
    let limit = limit(it, 3)?;
    // An empty text occurs before each character and at the end.
    let count = text.matches(old).take(limit).count();
    evaluator.charge_text(count.saturating_mul(new.len()))?;
    Ok(Value::made(text.replacen(old, new, limit)))
}

pub(super) fn split<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (text, separator) = (text(it, 0, evaluator)?, text(it, 1, evaluator)?);
    let limit = limit(it, 2)?;
    if limit == 0 {
        return Ok(Value::list(Vec::new()));
    }
    evaluator.charge(text.matches(separator).take(limit).count() as u64)?;
    let parts: Vec<Value<'a>> = if separator.is_empty() {
        let starts = text.char_indices().map(|(at, _)| at);
        let starts: Vec<usize> = starts.take(limit).collect();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let ranges = starts.iter().zip(ends);
        ranges
            .map(|(start, end)| Value::made(&text[*start..end]))
            .collect()
    } else {
        text.splitn(limit, separator).map(Value::made).collect()
    };
    Ok(Value::list(parts))
}

pub(super) fn join<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let Value::List(items) = &it[0] else {
        return Err(Trouble::Types);
    };
    let separator = match it.get(1) {
        Some(_) => text(it, 1, evaluator)?,
        None => "",
    };
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        let item = item.text().ok_or(Trouble::Types)?;
        evaluator.charge_text(item.len() + separator.len())?;
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(item);
    }
    Ok(Value::made(joined))
}

/// The first or the last position of a string in another one, from a position on; -1 if there is none.
pub(super) fn index<'a>(
    it: &[Value<'a>],
    is_last: bool,
    evaluator: &mut Evaluator<'a>,
) -> Returned<'a> {
    let (text, part) = (text(it, 0, evaluator)?, text(it, 1, evaluator)?);
    let from = number(it, 2)?.map(|from| offset(text, from)).transpose()?;
    let found = if is_last {
        // The match may start at the given position, but not after it.
        let end = from.map_or(text.len(), |from| text.len().min(from + part.len()));
        text[..text.floor_char_boundary(end)].rfind(part)
    } else {
        let from = from.unwrap_or(0);
        text[from..].find(part).map(|at| from + at)
    };
    Ok(found.map_or(Value::Int(-1), |found| {
        integer(text[..found].chars().count())
    }))
}
