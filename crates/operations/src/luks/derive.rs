//! Keys out of passphrases (PBKDF2 with HMAC-SHA-256, RFC 8018), and one key spread over many bytes (the anti-forensic
//! splitter of LUKS), so that overwriting a part of these destroys it.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

const HASH_BYTES: usize = 32;

/// Fills `key`. None only when HMAC takes no such passphrase, which it does of any length.
pub(super) fn pbkdf2(passphrase: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) -> Option<()> {
    let keyed = Hmac::<Sha256>::new_from_slice(passphrase).ok()?;
    for (number, part) in (1_u32..).zip(key.chunks_mut(HASH_BYTES)) {
        let mut mac = keyed.clone();
        mac.update(salt);
        mac.update(&number.to_be_bytes());
        let mut last = mac.finalize().into_bytes();
        let mut all = last;
        for _ in 1..iterations {
            let mut mac = keyed.clone();
            mac.update(&last);
            last = mac.finalize().into_bytes();
            xor(&mut all, &last);
        }
        let length = part.len();
        part.copy_from_slice(&all[..length]);
    }
    Some(())
}

/// Makes `stripes`, which are random and several times as long as `key`, join to `key`: the last stripe is what is
/// missing to it.
pub(super) fn split(key: &[u8], stripes: &mut [u8]) {
    let last = stripes.len().saturating_sub(key.len());
    // Joined with nothing as the last stripe.
    stripes[last..].fill(0);
    let mut sum = join(stripes, key.len());
    xor(&mut sum, key);
    stripes[last..].copy_from_slice(&sum);
    sum.fill(0);
}

/// The key of `key_bytes` to which `stripes` join.
pub(super) fn join(stripes: &[u8], key_bytes: usize) -> Vec<u8> {
    let mut sum = vec![0; key_bytes];
    let last = stripes.len().saturating_sub(key_bytes);
    for stripe in stripes[..last].chunks_exact(key_bytes) {
        xor(&mut sum, stripe);
        diffuse(&mut sum);
    }
    xor(&mut sum, &stripes[last..]);
    sum
}

fn diffuse(bytes: &mut [u8]) {
    for (number, part) in (0_u32..).zip(bytes.chunks_mut(HASH_BYTES)) {
        let hash = Sha256::new().chain_update(number.to_be_bytes()).chain_update(&*part).finalize();
        let length = part.len();
        part.copy_from_slice(&hash[..length]);
    }
}

fn xor(into: &mut [u8], other: &[u8]) {
    into.iter_mut().zip(other).for_each(|(a, b)| *a ^= b);
}
