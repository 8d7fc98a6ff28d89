//! The values of secrets: a key and what follows from it, and how texts reveal them. Not: where the
//! key is kept.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::{Secret, SecretSource, Segment, Text};

/// The letters and digits that a secret is made of unless its provisioner says otherwise.
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// The 256 bits that all secrets of a project follow from.
#[derive(Clone, PartialEq, Eq)]
pub struct ProjectKey([u8; 32]);

impl std::fmt::Debug for ProjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProjectKey(…)")
    }
}

impl ProjectKey {
    /// The key of these bits, which must come from a cryptographic random source.
    pub fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// Reads the text form: 64 hexadecimal digits, blanks around them ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        let mut bits = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (bit, pair) in bits.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *bit = u8::try_from(high << 4 | low).ok()?;
        }
        Some(Self(bits))
    }

    /// The text form that [`ProjectKey::parse`] reads.
    pub fn to_hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The value of a secret. A derived one is HKDF-SHA-256 (RFC 5869) over the key, with the
    /// resource, the secret's name and its rotation as the info, mapped to the alphabet without
    /// bias; a given one is what was given.
    pub fn derive(&self, secret: &Secret) -> String {
        let (length, alphabet, rotation) = match &secret.source {
            SecretSource::Derived {
                length,
                alphabet,
                rotation,
            } => (*length, alphabet.as_bytes(), *rotation),
            SecretSource::Given(given) => return given.reveal().to_owned(),
        };
        let hkdf = Hkdf::<Sha256>::new(Some(b"score-rs secret v1"), &self.0);
        // A byte at or above the largest multiple of the alphabet's size would favour its start.
        let fair = 256 - 256 % alphabet.len().max(1);
        let mut value = String::with_capacity(length);
        for block in 0u64.. {
            let rotation = rotation.to_be_bytes();
            let block = block.to_be_bytes();
            let mut bytes = [0; 64];
            let info = [
                secret.resource.as_bytes(),
                b"\0",
                secret.name.as_bytes(),
                b"\0",
                &rotation,
                &block,
            ];
            if hkdf.expand_multi_info(&info, &mut bytes).is_err() {
                break;
            }
            for byte in bytes
                .into_iter()
                .map(usize::from)
                .filter(|byte| *byte < fair)
            {
                if value.len() >= length {
                    return value;
                }
                value.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        value
    }
}

/// More bytes than most secrets have.
const SECRET_LENGTH: usize = 32;

impl Text {
    /// The text with its secrets: given ones as they are, derived ones made with the key. Without
    /// one, which only a text that [needs](Text::needs_key) it can tell, derived ones are redacted.
    /// References other than secrets, which rendered text no longer holds, are left out.
    pub fn reveal<'a>(&self, key: impl Into<Option<&'a ProjectKey>>) -> String {
        let key = key.into();
        self.write_with(|secret| match (key, secret.given()) {
            (_, Some(value)) => value.to_owned(),
            (Some(key), None) => key.derive(secret),
            (None, None) => REDACTED.to_owned(),
        })
    }

    /// The same; a text without secrets is not copied.
    pub fn into_revealed<'a>(mut self, key: impl Into<Option<&'a ProjectKey>>) -> String {
        match self.take_plain() {
            Some(plain) => plain,
            None => self.reveal(key),
        }
    }

    /// The text with each secret replaced by `[redacted]`.
    pub fn redact(&self) -> String {
        self.write_with(|_| REDACTED.to_owned())
    }

    fn write_with(&self, secret: impl Fn(&Secret) -> String) -> String {
        let length = |segment: &Segment| match segment {
            Segment::Plain(plain) => plain.len(),
            _ => SECRET_LENGTH,
        };
        // An output can be large, and growing it would take twice the room.
        let mut text = String::with_capacity(self.segments().iter().map(length).sum());
        for segment in self.segments() {
            match segment {
                Segment::Plain(plain) => text.push_str(plain),
                Segment::Secret(reference) => text.push_str(&secret(reference)),
                _ => {}
            }
        }
        text
    }
}
