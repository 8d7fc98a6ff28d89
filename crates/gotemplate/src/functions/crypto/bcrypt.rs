//! Password hashes of bcrypt.

use blowfish::Blowfish;

use crate::context::Context;
use crate::error::{Failure, Outcome};

/// The hash is computed in 2^10 rounds.
const COST: u32 = 10;

/// A hash with a salt from the seed.
pub(super) fn hash(
    context: &mut Context,
    function: &'static str,
    password: &[u8],
) -> Outcome<Vec<u8>> {
    if password.len() > 72 {
        return Err(Failure::invalid("the password is longer than 72 bytes"));
    }
    // It takes about as long as so many steps.
    context.step(300_000)?;
    let mut salt = [0; 16];
    context.random(function).fill(&mut salt);
    let digest = digest(password, salt, COST);
    let mut out = format!("$2a${COST}$").into_bytes();
    out.extend(base64(&salt));
    // The last byte of the digest is not used.
    out.extend(base64(&digest[..23]));
    let other = context.record(String::from_utf8_lossy(&out).into_owned());
    Ok(other.map_or(out, String::into_bytes))
}

fn digest(password: &[u8], salt: [u8; 16], cost: u32) -> [u8; 24] {
    let key = [password, b"\0"].concat();
    let mut cipher = Blowfish::bc_init_state();
    cipher.salted_expand_key(&salt, &key);
    for _ in 0..1 << cost {
        cipher.bc_expand_key(&key);
        cipher.bc_expand_key(&salt);
    }
    let mut out = *b"OrpheanBeholderScryDoubt";
    let (pairs, _) = out.as_chunks_mut::<8>();
    for pair in pairs {
        let bits = u64::from_be_bytes(*pair);
        let mut words =
            [bits >> 32, bits & 0xffff_ffff].map(|word| u32::try_from(word).unwrap_or_default());
        for _ in 0..64 {
            words = cipher.bc_encrypt(words);
        }
        *pair = (u64::from(words[0]) << 32 | u64::from(words[1])).to_be_bytes();
    }
    out
}

/// The Base64 of bcrypt: another alphabet, and no padding.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut out = Vec::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| {
            bits << 8 | u32::from(group.get(at).copied().unwrap_or_default())
        });
        out.extend((0..=group.len()).map(|at| ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, digest};

    #[test]
    fn a_known_hash_is_computed() {
        let mut salt = [0x10, 0x41, 0x04].repeat(6);
        salt.truncate(16);
        assert_eq!(base64(&salt), b"CCCCCCCCCCCCCCCCCCCCC.");
        let digest = digest(b"U*U", salt.try_into().unwrap(), 5);
        assert_eq!(base64(&digest[..23]), b"E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    }
}
