//! The scalars of Compose files, in which strings can spell other values.

use score_spec::Value;

/// The start of an environment variable. The value of a string that contains one is not known.
pub(super) const VARIABLE: &str = "$";

/// The form of a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    String,
    /// A boolean, or a string that spells one.
    Boolean,
    /// Only a boolean.
    Flag,
    /// An integer, or a string that spells one.
    Integer,
    /// A number, or a string that spells one.
    Number,
    /// Only an integer.
    Count,
    /// Only a number.
    Amount,
    Duration,
    Size,
}

/// The names of the forms in the table.
const NAMES: [(&str, Scalar); 9] = [
    ("string", Scalar::String),
    ("boolean", Scalar::Boolean),
    ("flag", Scalar::Flag),
    ("integer", Scalar::Integer),
    ("number", Scalar::Number),
    ("count", Scalar::Count),
    ("amount", Scalar::Amount),
    ("duration", Scalar::Duration),
    ("size", Scalar::Size),
];

/// The strings that spell booleans, in lower case.
const BOOLEANS: [&str; 8] = ["true", "false", "yes", "no", "y", "n", "on", "off"];

/// The units of durations. The longer ones of two with the same start come first.
const TIMES: [&str; 9] = ["ns", "us", "µs", "ms", "s", "m", "h", "d", "w"];

/// The units of sizes, in lower case.
const SIZES: [&str; 6] = ["", "k", "m", "g", "t", "p"];

impl Scalar {
    /// The form with this name in the table.
    pub(super) fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, scalar)| *scalar)
    }

    /// Whether a value has this form.
    pub(super) fn accepts(self, value: &Value) -> bool {
        match value {
            Value::Bool(_) => matches!(self, Self::Boolean | Self::Flag),
            Value::Number(number) => match self {
                Self::Integer | Self::Count => !number.is_f64(),
                Self::Number | Self::Amount => true,
                _ => false,
            },
            Value::Text(text) => self.spells(text),
            Value::Null | Value::List(_) | Value::Map(_) => false,
        }
    }

    /// Whether a string can be used for a value of this form.
    fn spells(self, text: &str) -> bool {
        if text.contains(VARIABLE) {
            return true;
        }
        match self {
            Self::String => true,
            Self::Boolean => BOOLEANS.contains(&text.to_lowercase().as_str()),
            Self::Integer => text.parse::<i64>().is_ok(),
            Self::Number => text.parse::<f64>().is_ok(),
            Self::Duration => is_duration(text),
            Self::Size => is_size(text),
            Self::Flag | Self::Count | Self::Amount => false,
        }
    }

    /// Whether a value of this form is written as a string.
    pub(super) fn is_string(self) -> bool {
        matches!(self, Self::String | Self::Duration | Self::Size)
    }

    /// The name of the form in messages, with an article.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Boolean | Self::Flag => "a boolean",
            Self::Integer | Self::Count => "an integer",
            Self::Number | Self::Amount => "a number",
            Self::Duration => "a duration such as `30s`",
            Self::Size => "a size such as `64m`",
        }
    }
}

/// The alternatives as one phrase. An integer is a number.
pub(super) fn joined(mut words: Vec<&str>) -> String {
    if words.contains(&"a number") {
        words.retain(|word| *word != "an integer");
    }
    words.dedup();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// Whether it is a sequence of numbers with units, such as `1m30s`, or zero.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        let unit = TIMES.iter().find_map(|unit| after.strip_prefix(unit));
        match unit {
            Some(next) if number.parse::<f64>().is_ok() => rest = next,
            _ => return false,
        }
    }
    !text.is_empty()
}

/// Whether it is a number with an optional unit, such as `64m`, `64mb` or `64mib`.
fn is_size(text: &str) -> bool {
    let text = text.to_lowercase();
    let text = text.strip_prefix('+').unwrap_or(&text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let unit = match (unit.strip_suffix("ib"), unit.strip_suffix('b')) {
        (Some(power), _) if !power.is_empty() => power,
        (_, Some(power)) => power,
        _ => unit,
    };
    number.parse::<f64>().is_ok() && SIZES.contains(&unit)
}
