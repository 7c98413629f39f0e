//! Claims as bytes.
//!
//! ```text
//! flags       u8     bits 0-1 scope: 0 unscoped, 1 project, 2 domain, 3 system
//!                    bit 2 the chain began with another token, bit 3 an application credential
//! methods     u8     a bit for each, from `Method::ALL`
//! issued_at   i64    microseconds since the epoch
//! expires_at  i64
//! generation  u32
//! audit id    16 B   then 16 B of the first of its chain, if another
//! user        id     then the id of the project or domain, if any, and of the application credential
//! ```
//!
//! An id of 32 lower-case hexadecimal digits is a zero and 16 bytes; any other is its length and its
//! text.

use model::Timestamp;

use crate::ScopeId;

use super::audit::{Audit, AuditId};
use super::claims::Claims;
use super::methods::Methods;
use super::{TokenError, UnusableId};

/// Longest id in a token, in bytes.
pub const MAX_ID_BYTES: usize = 64;
/// Longest token, in characters; with hexadecimal ids a token has 190 at most.
pub const MAX_TOKEN_CHARS: usize = ((HEAD_BYTES + MAX_CLAIMS_BYTES + TAG_BYTES) * 4).div_ceil(3);

pub(super) const HEAD_BYTES: usize = 1 + 4;
pub(super) const TAG_BYTES: usize = 32;
const MAX_CLAIMS_BYTES: usize = 1 + 1 + 8 + 8 + 4 + 2 * 16 + 3 * (1 + MAX_ID_BYTES);

const SCOPE_BITS: u8 = 0b0011;
const HAS_FIRST: u8 = 0b0100;
const HAS_APPLICATION_CREDENTIAL: u8 = 0b1000;

/// The length that stands for a packed id.
const PACKED: u8 = 0;

pub(super) fn encode(claims: &Claims, out: &mut Vec<u8>) -> Result<(), UnusableId> {
    let mut flags = match claims.scope {
        ScopeId::Unscoped => 0,
        ScopeId::Project(_) => 1,
        ScopeId::Domain(_) => 2,
        ScopeId::System => 3,
    };
    if claims.audit.first.is_some() {
        flags |= HAS_FIRST;
    }
    if claims.application_credential_id.is_some() {
        flags |= HAS_APPLICATION_CREDENTIAL;
    }
    out.extend([flags, claims.methods.bits()]);
    out.extend(claims.issued_at.0.to_be_bytes());
    out.extend(claims.expires_at.0.to_be_bytes());
    out.extend(claims.auth_generation.to_be_bytes());
    for id in claims.audit.ids() {
        out.extend(id.0);
    }
    encode_id(&claims.user_id, out)?;
    for id in claims.scope.id().into_iter().chain(claims.application_credential_id.as_deref()) {
        encode_id(id, out)?;
    }
    Ok(())
}

fn encode_id(id: &str, out: &mut Vec<u8>) -> Result<(), UnusableId> {
    if let Some(packed) = pack(id) {
        out.push(PACKED);
        out.extend(packed);
        return Ok(());
    }
    let length = u8::try_from(id.len()).map_err(|_| UnusableId)?;
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Err(UnusableId);
    }
    out.push(length);
    out.extend(id.as_bytes());
    Ok(())
}

/// The 16 bytes of 32 lower-case hexadecimal digits.
fn pack(id: &str) -> Option<[u8; 16]> {
    let canonical = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let number = canonical.then(|| u128::from_str_radix(id, 16).ok())?;
    number.map(u128::to_be_bytes)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Claims, TokenError> {
    let mut input = Input(bytes);
    input.claims().filter(|_| input.0.is_empty()).ok_or(TokenError::Malformed)
}

/// What is left to read. Every step is `None` at the end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn claims(&mut self) -> Option<Claims> {
        let [flags, methods] = self.bytes()?;
        if flags & !(SCOPE_BITS | HAS_FIRST | HAS_APPLICATION_CREDENTIAL) != 0 {
            return None;
        }
        let methods = Methods::from_bits(methods)?;
        let issued_at = Timestamp(i64::from_be_bytes(self.bytes()?));
        let expires_at = Timestamp(i64::from_be_bytes(self.bytes()?));
        let auth_generation = u32::from_be_bytes(self.bytes()?);
        let id = AuditId(self.bytes()?);
        let first = if flags & HAS_FIRST == 0 { None } else { Some(AuditId(self.bytes()?)) };
        let user_id = self.id()?;
        let scope = match flags & SCOPE_BITS {
            0 => ScopeId::Unscoped,
            1 => ScopeId::Project(self.id()?),
            2 => ScopeId::Domain(self.id()?),
            _ => ScopeId::System,
        };
        let has_credential = flags & HAS_APPLICATION_CREDENTIAL != 0;
        let application_credential_id = if has_credential { Some(self.id()?) } else { None };
        let audit = Audit { id, first };
        Some(Claims {
            user_id,
            scope,
            methods,
            issued_at,
            expires_at,
            audit,
            application_credential_id,
            auth_generation,
        })
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn id(&mut self) -> Option<String> {
        let [length] = self.bytes()?;
        if length == PACKED {
            return Some(format!("{:032x}", u128::from_be_bytes(self.bytes()?)));
        }
        let (text, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        (text.len() <= MAX_ID_BYTES).then(|| String::from_utf8(text.to_vec()).ok())?
    }
}
