//! What this process knows of the identity as a whole: its generation, the keys, what was revoked.

use auth::ScopeId;
use auth::secret::Secret;
use auth::token::{AuditId, KeyRing, Revocation, Revoked, SigningKey};
use model::Timestamp;
use store::identity::{generation, revocations, signing_keys};
use store::{Conn, StoreError};

/// A snapshot.
pub(super) struct Known {
    /// The transaction that it shows.
    pub(super) generation: i64,
    /// The keys that sign and verify.
    pub(super) ring: KeyRing,
}

/// What changed since an earlier snapshot.
pub(super) struct News {
    /// How it is now.
    pub(super) known: Known,
    /// What was revoked meanwhile.
    pub(super) revocations: Vec<Revocation>,
}

impl News {
    /// Reads what changed after this generation; all there is after the generation 0, which nothing can precede.
    pub(super) fn since(conn: &Conn<'_>, generation: i64) -> Result<Self, StoreError> {
        let revocations = revocations::since(conn, generation)?;
        Ok(Self {
            known: Known {
                generation: generation::current(conn)?,
                ring: key_ring(signing_keys::list(conn)?, conn.now())?,
            },
            revocations: revocations.into_iter().filter_map(decode).collect(),
        })
    }
}

/// What was written with an audit id that is none concerns no token.
fn decode(row: revocations::Revocation) -> Option<Revocation> {
    let revoked = match row.kind {
        revocations::Kind::Token => Revoked::Token(AuditId::parse(&row.subject)?),
        revocations::Kind::Chain => Revoked::Chain(AuditId::parse(&row.subject)?),
        revocations::Kind::Project => Revoked::Scope(ScopeId::Project(row.subject)),
        revocations::Kind::Domain => Revoked::Scope(ScopeId::Domain(row.subject)),
    };
    Some(Revocation { revoked, revoked_at: row.revoked_at, expires_at: row.expires_at })
}

/// The ring of these keys, newest first. The newest whose time has come signs; the oldest, should none's have.
fn key_ring(rows: Vec<signing_keys::SigningKey>, now: Timestamp) -> Result<KeyRing, StoreError> {
    let position = rows.iter().position(|key| key.signs_from <= now);
    let signer = position.unwrap_or(rows.len().saturating_sub(1));
    let mut keys = rows.iter().map(read_key).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(unusable("there is no signing key"));
    }
    let signer = keys.remove(signer);
    KeyRing::new(signer, keys).map_err(|error| unusable(&error.to_string()))
}

fn read_key(row: &signing_keys::SigningKey) -> Result<SigningKey, StoreError> {
    let id = u32::try_from(row.id).map_err(|_| unusable("the id of a signing key is too large"))?;
    let key =
        decode_hex(&row.secret).ok_or_else(|| unusable("a signing key is not 64 hexadecimal digits"))?;
    Ok(SigningKey::new(id, Secret::new(key)))
}

fn unusable(why: &str) -> StoreError {
    StoreError::Engine { context: "reading the signing keys".to_owned(), source: why.to_owned().into() }
}

/// A key as the store keeps it.
pub(super) fn encode_hex(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 2 * key.len() || !text.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(key)
}
