//! sprig's functions of hashes, passwords and keys.

mod bcrypt;
mod derive;

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::arguments::{bytes, int, string, text};
use super::encoding::{base64, base64_decoded, hex};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    entry("adler32sum", "s", |context, values| {
        text(context, adler32(bytes(values, 0)).to_string())
    }),
    entry("bcrypt", "s", |context, values| {
        let hash = bcrypt::hash(context, "bcrypt", bytes(values, 0))?;
        text(context, hash)
    }),
    entry("buildCustomCert", "ss", |_, _| Err(no_certificates())),
    entry("decryptAES", "ss", decrypt_aes),
    entry("derivePassword", "ussss", |context, values| {
        // A key derivation takes about as long as so many steps.
        context.step(900_000)?;
        let counter = u32::try_from(int(values, 0)).unwrap_or_default();
        let [kind, password, user, site] = [1, 2, 3, 4].map(|index| bytes(values, index));
        let derived = derive::password(counter, kind, password, user, site);
        let message = |kind: &[u8]| [b"cannot find password template ", kind].concat();
        text(context, derived.unwrap_or_else(|| message(kind)))
    }),
    entry("encryptAES", "ss", encrypt_aes),
    entry("genCA", "si", |_, _| Err(no_certificates())),
    entry("genCAWithKey", "sis", |_, _| Err(no_certificates())),
    entry("genPrivateKey", "s", gen_private_key),
    entry("genSelfSignedCert", "saai", |_, _| Err(no_certificates())),
    entry("genSelfSignedCertWithKey", "saais", |_, _| {
        Err(no_certificates())
    }),
    entry("genSignedCert", "saaia", |_, _| Err(no_certificates())),
    entry("genSignedCertWithKey", "saaisa", |_, _| {
        Err(no_certificates())
    }),
    entry("htpasswd", "ss", htpasswd),
    entry("sha1sum", "s", |context, values| {
        text(context, hex(&Sha1::digest(bytes(values, 0))))
    }),
    entry("sha256sum", "s", |context, values| {
        text(context, hex(&Sha256::digest(bytes(values, 0))))
    }),
    entry("sha512sum", "s", |context, values| {
        text(context, hex(&Sha512::digest(bytes(values, 0))))
    }),
];

fn no_certificates() -> Failure {
    Failure::unsupported(
        "certificates are not supported, because they are valid from the current time",
    )
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    // The sums of so many bytes fit 32 bits.
    const CHUNK: usize = 5552;
    let (mut sum, mut sums) = (1, 0);
    for chunk in bytes.chunks(CHUNK) {
        for byte in chunk {
            sum += u32::from(*byte);
            sums += sum;
        }
        (sum, sums) = (sum % MODULUS, sums % MODULUS);
    }
    sums << 16 | sum
}

fn htpasswd(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let user = bytes(values, 0);
    if user.contains(&b':') {
        return text(context, [b"invalid username: ", user].concat());
    }
    let hash = bcrypt::hash(context, "htpasswd", bytes(values, 1))?;
    text(context, [user, b":", &hash].concat())
}

/// A private key in PEM.
fn gen_private_key(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    /// The start of a PKCS #8 key of the algorithm Ed25519.
    const PREFIX: [u8; 16] = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    match string(values, 0).as_ref() {
        "ed25519" => {
            let mut key = [0; 32];
            context.random("genPrivateKey").fill(&mut key);
            let encoded = base64(&[PREFIX.as_slice(), &key].concat());
            let pem = [
                b"-----BEGIN PRIVATE KEY-----\n",
                encoded.as_slice(),
                b"\n-----END PRIVATE KEY-----\n",
            ]
            .concat();
            let other = context.record(String::from_utf8_lossy(&pem).into_owned());
            text(context, other.map_or(pem, String::into_bytes))
        }
        "" | "rsa" | "dsa" | "ecdsa" => Err(Failure::unsupported(
            "private keys other than ed25519 are not supported, because they take long to compute",
        )),
        other => text(context, format!("Unknown type {other}")),
    }
}

/// AES with the password as the key, filled up with zeros.
fn aes(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    Aes256::new(&Array::from(key))
}

/// The length of a block of AES.
const BLOCK: usize = 16;

fn encrypt_aes(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (cipher, plain) = (aes(bytes(values, 0)), bytes(values, 1));
    if plain.is_empty() {
        return text(context, "");
    }
    context.allocate(plain.len().saturating_mul(4))?;
    let mut previous = [0; BLOCK];
    context.random("encryptAES").fill(&mut previous);
    let padding = BLOCK - plain.len() % BLOCK;
    let mut padded = plain.to_vec();
    padded.extend(std::iter::repeat_n(
        u8::try_from(padding).unwrap_or_default(),
        padding,
    ));
    let mut out = previous.to_vec();
    for block in padded.chunks(BLOCK) {
        for (byte, plain) in previous.iter_mut().zip(block) {
            *byte ^= plain;
        }
        let mut encrypted = Array::from(previous);
        cipher.encrypt_block(&mut encrypted);
        previous = encrypted.into();
        out.extend(previous);
    }
    text(context, base64(&out))
}

fn decrypt_aes(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (cipher, encrypted) = (aes(bytes(values, 0)), bytes(values, 1));
    if encrypted.is_empty() {
        return text(context, "");
    }
    let wrong = || Failure::invalid("the text is not encrypted with AES");
    let encrypted = base64_decoded(encrypted).map_err(|_| wrong())?;
    let (blocks, rest) = encrypted.as_chunks::<BLOCK>();
    if blocks.len() < 2 || !rest.is_empty() {
        return Err(wrong());
    }
    let mut out = Vec::with_capacity(encrypted.len());
    for pair in blocks.windows(2) {
        let mut block = Array::from(pair[1]);
        cipher.decrypt_block(&mut block);
        out.extend(
            block
                .iter()
                .zip(pair[0])
                .map(|(byte, previous)| byte ^ previous),
        );
    }
    let padding = out.last().copied().map_or(0, usize::from);
    let length = out.len().checked_sub(padding).ok_or_else(wrong)?;
    out.truncate(length);
    text(context, out)
}
