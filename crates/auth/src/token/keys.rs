//! The keys that sign tokens, and their succession.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use model::Timestamp;
use sha2::Sha256;

use crate::Secret;
use crate::random::{self, NoEntropy};
use crate::secret::Wipe;

use super::codec::{self, HEAD_BYTES, MAX_TOKEN_CHARS, TAG_BYTES};
use super::{Claims, TokenError, UnusableId};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Most keys in use at once: the one that signs and those that only verify.
pub const MAX_KEYS: usize = 8;
/// The first byte of every token; another layout gets another number.
const VERSION: u8 = 1;

/// A key with the id by which tokens refer to it.
#[derive(Debug, Clone)]
pub struct SigningKey {
    id: u32,
    key: Secret<[u8; KEY_BYTES]>,
    /// HMAC with the key already mixed in.
    mac: Hmac<Sha256>,
}

impl SigningKey {
    /// A key that was kept.
    #[must_use]
    pub fn new(id: u32, key: Secret<[u8; KEY_BYTES]>) -> Self {
        // HMAC pads a short key with zeros to the block of its hash.
        let mut block = [0; 64];
        block[..KEY_BYTES].copy_from_slice(key.expose());
        let mac = Hmac::new(&block.into());
        block.wipe();
        Self { id, key, mac }
    }

    /// A fresh key.
    pub fn random(id: u32) -> Result<Self, NoEntropy> {
        Ok(Self::new(id, Secret::new(random::bytes()?)))
    }

    /// The id by which tokens refer to it.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The key itself, to be kept.
    #[must_use]
    pub const fn key(&self) -> &Secret<[u8; KEY_BYTES]> {
        &self.key
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        self.mac.clone().chain_update(message)
    }
}

/// Why keys do not make a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// More than [`MAX_KEYS`].
    #[error("there are more than {MAX_KEYS} keys")]
    TooMany,
    /// Tokens could not tell them apart.
    #[error("two keys have the id {0}")]
    SameId(u32),
}

/// The keys in use: one signs, all verify.
///
/// To rotate, make a new key the signer and keep the others until the last token that they signed has
/// expired. Where several processes share tokens, let each learn a new key before one signs with it.
#[derive(Debug, Clone)]
pub struct KeyRing {
    signer: SigningKey,
    others: Vec<SigningKey>,
}

impl KeyRing {
    /// A ring in which `signer` signs, and `others` verify what they signed before.
    pub fn new(signer: SigningKey, others: Vec<SigningKey>) -> Result<Self, KeyRingError> {
        if others.len() >= MAX_KEYS {
            return Err(KeyRingError::TooMany);
        }
        let ring = Self { signer, others };
        let mut seen = HashSet::new();
        let twin = ring.keys().map(SigningKey::id).find(|id| !seen.insert(*id));
        twin.map_or(Ok(ring), |id| Err(KeyRingError::SameId(id)))
    }

    /// The keys, the one that signs first.
    pub fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.signer).chain(&self.others)
    }

    /// Signs claims into a token.
    pub fn issue(&self, claims: &Claims) -> Result<String, UnusableId> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.signer.id.to_be_bytes());
        codec::encode(claims, &mut bytes)?;
        let tag = self.signer.mac(&bytes).finalize();
        bytes.extend(tag.into_bytes());
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The claims of a token that is ours and not expired at `now`. Whether it was revoked is not
    /// asked here.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let claims = self.open(token)?;
        if claims.expires_at <= now { Err(TokenError::Expired) } else { Ok(claims) }
    }

    /// The claims of a token that is ours, expired or not, as `allow_expired` asks for.
    pub fn open(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_CHARS {
            return Err(TokenError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Malformed)?;
        let (signed, tag) = bytes.split_last_chunk::<TAG_BYTES>().ok_or(TokenError::Malformed)?;
        let (head, claims) = signed.split_first_chunk::<HEAD_BYTES>().ok_or(TokenError::Malformed)?;
        let [VERSION, key_id @ ..] = *head else { return Err(TokenError::Malformed) };
        let key_id = u32::from_be_bytes(key_id);

        let key = self.keys().find(|key| key.id == key_id).ok_or(TokenError::BadSignature)?;
        key.mac(signed).verify_slice(tag).map_err(|_| TokenError::BadSignature)?;
        codec::decode(claims)
    }
}
