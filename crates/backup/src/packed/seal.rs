//! Chunks as they are stored: named by their hash, compressed, and sealed when the store has a key.
//!
//! A blob is one byte of flags, with a key a nonce of 24 bytes, and the content: one frame of Zstandard (RFC 8878) where
//! that is smaller, sealed by XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with the kind and the name as associated
//! data. Names are BLAKE3 hashes of the content, keyed when there is a key: who sees the store cannot guess at content.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use model::secret::Secret;

use crate::BackupError;

const NONCE_BYTES: usize = 24;
const COMPRESSED: u8 = 1;
const SEALED: u8 = 2;
/// Little effort: disks are long, and the processor has the hashes to make as well.
const ZSTD_LEVEL: i32 = 1;

/// The name of a chunk or table: the hash of its content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChunkId(pub(super) [u8; 32]);

impl fmt::Debug for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a blob is. A blob of one kind can never be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Chunk,
    Table,
    Manifest,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Chunk => b'c',
            Self::Table => b't',
            Self::Manifest => b'm',
        }
    }
}

/// The key of a store, and what follows from it. Cheap to clone.
#[derive(Clone)]
pub struct StoreKey(Arc<Keys>);

struct Keys {
    naming: Secret<[u8; 32]>,
    sealing: XChaCha20Poly1305,
}

impl StoreKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: &Secret<[u8; 32]>) -> Self {
        let derived = |what| blake3::derive_key(what, bytes.expose());
        let sealing = Secret::new(derived("besser backup v1 2026 sealing of blobs"));
        Self(Arc::new(Keys {
            naming: Secret::new(derived("besser backup v1 2026 names of chunks")),
            sealing: XChaCha20Poly1305::new(sealing.expose().into()),
        }))
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Why a blob could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    #[error("it is too short")]
    Short,
    #[error("its flags are unknown")]
    Flags,
    #[error("it is sealed, and no key is configured (backup_key_file)")]
    NoKey,
    #[error("it is not sealed, though a key is configured (backup_key_file)")]
    NotSealed,
    #[error("its seal is broken, or it was made with another key")]
    Seal,
    #[error("it cannot be decompressed")]
    Compression,
    #[error("its content has another hash")]
    Hash,
}

/// The name of `content`. A chunk never has the name of a table, whatever a guest writes to its disk.
pub(super) fn id_of(kind: Kind, content: &[u8], key: Option<&StoreKey>) -> ChunkId {
    let hash = |content: &[u8]| match key {
        Some(key) => blake3::keyed_hash(key.0.naming.expose(), content),
        None => blake3::hash(content),
    };
    let of_content = hash(content);
    ChunkId(match kind {
        Kind::Chunk => of_content.into(),
        Kind::Table | Kind::Manifest => hash(&[of_content.as_bytes(), &[kind.byte()][..]].concat()).into(),
    })
}

/// `content` as it is stored.
pub(super) fn seal(
    kind: Kind,
    id: ChunkId,
    content: &[u8],
    key: Option<&StoreKey>,
) -> Result<Vec<u8>, BackupError> {
    let failed = |what: &str| BackupError::Refused(format!("a chunk cannot be {what}"));
    let compressed = zstd::bulk::compress(content, ZSTD_LEVEL).map_err(|_| failed("compressed"))?;
    let is_smaller = compressed.len() < content.len() / 32 * 31;
    let (flags, body) = if is_smaller { (COMPRESSED, compressed.as_slice()) } else { (0, content) };
    let mut blob = Vec::with_capacity(body.len() + NONCE_BYTES + 32);
    let Some(key) = key else {
        blob.push(flags);
        blob.extend_from_slice(body);
        return Ok(blob);
    };
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| failed("sealed: the system gives no randomness"))?;
    let aad = associated(kind, id, flags | SEALED);
    let sealed = key.0.sealing.encrypt(XNonce::from_slice(&nonce), Payload { msg: body, aad: &aad });
    blob.push(flags | SEALED);
    blob.extend_from_slice(&nonce);
    blob.extend_from_slice(&sealed.map_err(|_| failed("sealed"))?);
    Ok(blob)
}

/// The content of a blob of at most `most_bytes`, which has the name `id`.
pub(super) fn open(
    kind: Kind,
    id: ChunkId,
    blob: &[u8],
    most_bytes: usize,
    key: Option<&StoreKey>,
) -> Result<Vec<u8>, Damage> {
    let content = open_named(kind, id, blob, most_bytes, key)?;
    if id_of(kind, &content, key) == id { Ok(content) } else { Err(Damage::Hash) }
}

/// As [`open`], of a blob whose name is not that of its content.
pub(super) fn open_named(
    kind: Kind,
    id: ChunkId,
    blob: &[u8],
    most_bytes: usize,
    key: Option<&StoreKey>,
) -> Result<Vec<u8>, Damage> {
    let (&flags, body) = blob.split_first().ok_or(Damage::Short)?;
    if flags & !(COMPRESSED | SEALED) != 0 {
        return Err(Damage::Flags);
    }
    let opened;
    let body = match (key, flags & SEALED != 0) {
        (None, false) => body,
        (None, true) => return Err(Damage::NoKey),
        (Some(_), false) => return Err(Damage::NotSealed),
        (Some(key), true) => {
            let (nonce, sealed) = body.split_at_checked(NONCE_BYTES).ok_or(Damage::Short)?;
            let aad = associated(kind, id, flags);
            let payload = Payload { msg: sealed, aad: &aad };
            opened = key.0.sealing.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| Damage::Seal)?;
            &opened
        }
    };
    if flags & COMPRESSED == 0 {
        return if body.len() <= most_bytes { Ok(body.to_vec()) } else { Err(Damage::Hash) };
    }
    let length = zstd::zstd_safe::get_frame_content_size(body).ok().flatten();
    let length = length.and_then(|length| usize::try_from(length).ok()).filter(|it| *it <= most_bytes);
    zstd::bulk::decompress(body, length.ok_or(Damage::Compression)?).map_err(|_| Damage::Compression)
}

fn associated(kind: Kind, id: ChunkId, flags: u8) -> [u8; 34] {
    let mut aad = [0; 34];
    aad[0] = kind.byte();
    aad[1] = flags;
    aad[2..].copy_from_slice(&id.0);
    aad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> StoreKey {
        StoreKey::new(&Secret::new([byte; 32]))
    }

    #[test]
    fn what_is_sealed_comes_back_and_only_so() {
        let content = b"besser ".repeat(1000);
        for key in [None, Some(&key(1))] {
            let id = id_of(Kind::Chunk, &content, key);
            let blob = seal(Kind::Chunk, id, &content, key).unwrap();
            assert!(blob.len() < 1000);
            assert_eq!(open(Kind::Chunk, id, &blob, content.len(), key).unwrap(), content);
            assert_eq!(open(Kind::Chunk, id, &blob, content.len() - 1, key), Err(Damage::Compression));
            assert!(open(Kind::Chunk, id_of(Kind::Chunk, b"other", key), &blob, content.len(), key).is_err());
            for at in 0..blob.len() {
                let mut broken = blob.clone();
                broken[at] ^= 0x10;
                // Some bits of a frame mean nothing; whatever is opened has the right content.
                if let Ok(opened) = open(Kind::Chunk, id, &broken, content.len(), key) {
                    assert!(key.is_none() && opened == content, "byte {at}");
                }
                assert!(open(Kind::Chunk, id, &blob[..at], content.len(), key).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn keys_and_kinds_are_kept_apart() {
        let (one, two) = (key(1), key(2));
        let id = id_of(Kind::Chunk, b"content", Some(&one));
        assert_ne!(id, id_of(Kind::Chunk, b"content", None), "who sees the store cannot guess at content");
        let blob = seal(Kind::Chunk, id, b"content", Some(&one)).unwrap();
        assert!(!blob.windows(7).any(|it| it == b"content"));
        assert_eq!(open(Kind::Chunk, id, &blob, 100, Some(&two)), Err(Damage::Seal));
        assert_eq!(open(Kind::Table, id, &blob, 100, Some(&one)), Err(Damage::Seal));
        assert_eq!(open(Kind::Chunk, id, &blob, 100, None), Err(Damage::NoKey));
        let plain = seal(Kind::Chunk, id, b"content", None).unwrap();
        assert_eq!(open(Kind::Chunk, id, &plain, 100, Some(&one)), Err(Damage::NotSealed));
    }
}
