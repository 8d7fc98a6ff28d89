//! Decimal numbers with as many digits as fit 128 bits.

/// A number: exact as long as it fits, otherwise a float.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decimal {
    /// Digits and the power of ten by which they are multiplied.
    Exact(i128, i32),
    Float(f64),
}

/// The number of places of a quotient.
const PLACES: i32 = 16;

impl Decimal {
    /// The shortest decimal number that identifies a float.
    pub(super) fn from_float(value: f64) -> Self {
        let text = format!("{value:e}");
        let parts = text.split_once('e').and_then(|(digits, exponent)| {
            let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
            let exponent = exponent.parse::<i32>().ok()? - i32::try_from(places).ok()?;
            Some(Self::Exact(digits.replace('.', "").parse().ok()?, exponent))
        });
        parts.unwrap_or(Self::Float(value))
    }

    pub(super) fn to_float(self) -> f64 {
        match self {
            Self::Exact(digits, exponent) => {
                format!("{digits}e{exponent}").parse().unwrap_or(f64::NAN)
            }
            Self::Float(value) => value,
        }
    }

    pub(super) fn add(self, other: Self) -> Self {
        let sum = self
            .aligned(other)
            .and_then(|(left, right, exponent)| Some((left.checked_add(right)?, exponent)));
        Self::or_float(sum, || self.to_float() + other.to_float())
    }

    pub(super) fn subtract(self, other: Self) -> Self {
        let difference = self
            .aligned(other)
            .and_then(|(left, right, exponent)| Some((left.checked_sub(right)?, exponent)));
        Self::or_float(difference, || self.to_float() - other.to_float())
    }

    pub(super) fn multiply(self, other: Self) -> Self {
        let product = match (self, other) {
            (Self::Exact(left, first), Self::Exact(right, second)) => left
                .checked_mul(right)
                .map(|digits| (digits, first.saturating_add(second))),
            _ => None,
        };
        Self::or_float(product, || self.to_float() * other.to_float())
    }

    /// The quotient, rounded half away from zero. The divisor is not zero.
    pub(super) fn divide(self, other: Self) -> Self {
        let quotient = match (self, other) {
            (Self::Exact(left, first), Self::Exact(right, second)) => {
                quotient(left, right, first - second + PLACES)
            }
            _ => None,
        };
        Self::or_float(quotient.map(|digits| (digits, -PLACES)), || {
            self.to_float() / other.to_float()
        })
    }

    /// The digits of both for the smaller exponent.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let (Self::Exact(left, first), Self::Exact(right, second)) = (self, other) else {
            return None;
        };
        let exponent = first.min(second);
        Some((
            scaled(left, first - exponent)?,
            scaled(right, second - exponent)?,
            exponent,
        ))
    }

    fn or_float(exact: Option<(i128, i32)>, float: impl FnOnce() -> f64) -> Self {
        exact.map_or_else(
            || Self::Float(float()),
            |(digits, exponent)| Self::Exact(digits, exponent),
        )
    }
}

/// Digits multiplied by a power of ten.
fn scaled(digits: i128, power: i32) -> Option<i128> {
    if digits == 0 {
        return Some(0);
    }
    digits.checked_mul(10i128.checked_pow(u32::try_from(power).ok()?)?)
}

/// The rounded quotient of `left × 10^power` and `right`.
fn quotient(left: i128, right: i128, power: i32) -> Option<i128> {
    let (left, right) = if power < 0 {
        (left, scaled(right, -power)?)
    } else {
        (scaled(left, power)?, right)
    };
    let quotient = left.checked_div(right)?;
    let rest = left.checked_rem(right)?;
    let rounds = rest.unsigned_abs().checked_mul(2)? >= right.unsigned_abs();
    let step = if (left < 0) == (right < 0) { 1 } else { -1 };
    quotient.checked_add(if rounds { step } else { 0 })
}
