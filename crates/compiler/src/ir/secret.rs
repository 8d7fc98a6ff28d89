//! The values of secrets: a key, the values derived from it, and how they are inserted into text.
//! Storage of the key is out of scope.

use std::borrow::Cow;

use hkdf::Hkdf;
use sha2::Sha256;

use crate::ir::{Sealed, Secret, SecretSource, SecretValue, Segment, Text};

/// The default characters of a secret: letters and digits.
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The replacement of a secret.
const REDACTED: &str = "[redacted]";

/// The 256 bits from which all secrets of a project are derived.
#[derive(Clone, PartialEq, Eq)]
pub struct ProjectKey([u8; 32]);

impl std::fmt::Debug for ProjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProjectKey(…)")
    }
}

impl ProjectKey {
    /// The key with these bits, which must come from a cryptographic random source.
    pub fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// Parses the text form: 64 hexadecimal digits, ignoring white space around them.
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

    /// The text form for [`ProjectKey::parse`].
    pub fn to_hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The key of an environment: HKDF-SHA-256 (RFC 5869) over this key, with the name of the environment as the
    /// info. The keys of two environments derive no secret in common.
    #[must_use]
    pub fn for_environment(&self, name: &str) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"score-rs environment v1"), &self.0);
        let mut bits = [0; 32];
        // Expanding fails only for more than 255 blocks.
        if hkdf.expand(name.as_bytes(), &mut bits).is_err() {
            return self.clone();
        }
        Self(bits)
    }

    /// Bytes for generating random values: HKDF-SHA-256 (RFC 5869) over the key, with these parts as the info. They reveal
    /// neither the key nor a secret.
    pub(crate) fn seed(&self, parts: &[&str]) -> [u8; 32] {
        let hkdf = Hkdf::<Sha256>::new(Some(b"score-rs random v1"), &self.0);
        let mut bytes = [0; 32];
        // Expanding fails only for more than 255 blocks.
        let _ = hkdf.expand(parts.join("\0").as_bytes(), &mut bytes);
        bytes
    }

    /// The value of a secret. A derived one is HKDF-SHA-256 (RFC 5869) over the key, with the
    /// resource, the name of the secret and its rotation as the info, mapped to the alphabet
    /// without bias. An external one is returned unchanged.
    pub fn derive(&self, secret: &Secret) -> String {
        let (length, alphabet, rotation) = match &secret.source {
            SecretSource::Derived {
                length,
                alphabet,
                rotation,
            } => (*length, alphabet.as_bytes(), *rotation),
            SecretSource::External(value) => return value.reveal().to_owned(),
        };
        let hkdf = Hkdf::<Sha256>::new(Some(b"score-rs secret v1"), &self.0);
        // A byte at or above the largest multiple of the alphabet's size would introduce a bias.
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

/// The number of hexadecimal digits in the tag of a sealed value.
const TAG: usize = 64;

impl ProjectKey {
    /// Seals a value for a context, so that it can be opened only with the key and for that
    /// context. The same value results in the same text.
    ///
    /// This is SIV (RFC 5297) with HMAC-SHA-256 as its function and HKDF-Expand as its stream: the
    /// tag is the HMAC of the context and the value, and the value is encrypted with a stream
    /// derived from the tag, with another key.
    pub(crate) fn seal(&self, context: &str, value: &str) -> String {
        let tag = self.tag(context, value.as_bytes());
        let mut bytes = value.as_bytes().to_vec();
        self.cover(&tag, &mut bytes);
        hex(&tag) + &hex(&bytes)
    }

    /// Opens a sealed value. Returns nothing if it was sealed with another key or for another
    /// context, or was modified.
    pub(crate) fn open(&self, context: &str, sealed: &str) -> Option<SecretValue> {
        let (tag, bytes) = sealed.split_at_checked(TAG)?;
        let (tag, mut bytes) = (unhex(tag)?, unhex(bytes)?);
        self.cover(&tag, &mut bytes);
        let is_own = self.tag(context, &bytes).as_slice() == tag;
        is_own.then(|| String::from_utf8(bytes).ok().map(SecretValue::new))?
    }

    /// A fingerprint of a value for a public checksum: without the key, values cannot be guessed.
    pub(crate) fn fingerprint(&self, value: &str) -> [u8; 32] {
        let key = self.subkey(b"fingerprint");
        let (tag, _) = Hkdf::<Sha256>::extract(Some(&key), value.as_bytes());
        tag.into()
    }

    /// A key for one purpose.
    fn subkey(&self, purpose: &[u8]) -> [u8; 32] {
        let hkdf = Hkdf::<Sha256>::new(Some(b"score-rs state v1"), &self.0);
        let mut key = [0; 32];
        // This number of bytes is always available.
        let _ = hkdf.expand(purpose, &mut key);
        key
    }

    fn tag(&self, context: &str, value: &[u8]) -> [u8; 32] {
        let mut message = (context.len() as u64).to_be_bytes().to_vec();
        message.extend_from_slice(context.as_bytes());
        message.extend_from_slice(value);
        // The extract step is HMAC (RFC 5869, 2.2).
        let (tag, _) = Hkdf::<Sha256>::extract(Some(&self.subkey(b"tag")), &message);
        tag.into()
    }

    /// Applies the stream of a tag to bytes, which encrypts or decrypts them.
    fn cover(&self, tag: &[u8], bytes: &mut [u8]) {
        let hkdf = Hkdf::<Sha256>::new(Some(tag), &self.subkey(b"stream"));
        for (block, part) in (0u64..).zip(bytes.chunks_mut(32)) {
            let mut stream = [0; 32];
            let _ = hkdf.expand(&block.to_be_bytes(), &mut stream);
            for (byte, other) in part.iter_mut().zip(stream) {
                *byte ^= other;
            }
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
            u8::try_from(digit(0)? << 4 | digit(1)?).ok()
        })
        .collect()
}

/// Longer than most secrets.
const SECRET_LENGTH: usize = 32;

impl Text<Sealed> {
    /// The text with its secrets: external ones unchanged, derived ones computed with the key.
    /// Without a key, which is required only if the text [needs](Text::needs_key) it, derived
    /// secrets are redacted.
    pub fn reveal<'a>(&self, key: impl Into<Option<&'a ProjectKey>>) -> Cow<'_, str> {
        // Most files have no secrets, and a copy of them takes a twentieth of a run that writes a chart.
        if let [Segment::Plain(plain)] = self.segments() {
            return Cow::Borrowed(plain);
        }
        let key = key.into();
        Cow::Owned(self.write_with(|secret| match (key, secret.external()) {
            (_, Some(value)) => value.to_owned(),
            (Some(key), None) => key.derive(secret),
            (None, None) => REDACTED.to_owned(),
        }))
    }

    /// The text with each secret replaced by `[redacted]`.
    pub fn redact(&self) -> String {
        self.write_with(|_| REDACTED.to_owned())
    }

    fn write_with(&self, secret: impl Fn(&Secret) -> String) -> String {
        let length = |segment: &Segment<Sealed>| match segment {
            Segment::Plain(plain) => plain.len(),
            Segment::Ref(_) => SECRET_LENGTH,
        };
        // An output can be large, and growing it would take twice the memory.
        let mut text = String::with_capacity(self.segments().iter().map(length).sum());
        for segment in self.segments() {
            match segment {
                Segment::Plain(plain) => text.push_str(plain),
                Segment::Ref(sealed) => text.push_str(&secret(sealed)),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::ProjectKey;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_for_its_context_only() {
        let key = ProjectKey::new([7; 32]);
        for value in ["", "4711", &"ü".repeat(1_000)] {
            let sealed = key.seal("a", value);
            assert_eq!(key.seal("a", value), sealed);
            assert!(value.is_empty() || !sealed.contains(value));
            let open = |key: &ProjectKey, context: &str, sealed: &str| {
                let value = key.open(context, sealed);
                value.map(|value| value.reveal().to_owned())
            };
            assert_eq!(open(&key, "a", &sealed).as_deref(), Some(value));
            assert_eq!(open(&key, "b", &sealed), None);
            assert_eq!(open(&ProjectKey::new([8; 32]), "a", &sealed), None);
            assert_eq!(open(&key, "a", &format!("{sealed}00")), None);
            assert_eq!(open(&key, "a", &sealed[1..]), None);
            assert_ne!(key.seal("a", "4712"), sealed);
        }
    }
}
