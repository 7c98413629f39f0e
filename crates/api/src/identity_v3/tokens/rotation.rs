//! The succession of signing keys.

use auth::token::SigningKey;
use model::Timestamp;
use store::identity::signing_keys;
use store::{Conn, StoreError};

use super::known::encode_hex;
use crate::identity_v3::Fault;

const HOUR_MS: i64 = 3_600_000;
/// How long a key signs.
const KEY_LIFE_MS: i64 = 7 * 24 * HOUR_MS;
/// How long a new key only verifies: by then every process that shares the database has read it.
const LEAD_MS: i64 = HOUR_MS;
/// How long a key that signs no longer still verifies: longer than an expired token can be asked about.
const RETIREMENT_MS: i64 = 4 * 24 * HOUR_MS;

/// Makes the first key, or the next one when it is time, and removes those whose last token is long gone.
pub(super) fn rotate(conn: &Conn<'_>) -> Result<(), Fault> {
    let now = conn.now();
    let keys = signing_keys::list(conn)?;
    match keys.first() {
        None => insert_random(conn, 1, now)?,
        Some(newest) if newest.signs_from.plus_millis(KEY_LIFE_MS) <= now => {
            insert_random(conn, newest.id + 1, now.plus_millis(LEAD_MS))?;
        }
        Some(_) => {}
    }
    for id in retired(&keys, now) {
        signing_keys::remove(conn, id)?;
    }
    Ok(())
}

fn insert_random(conn: &Conn<'_>, id: u64, signs_from: Timestamp) -> Result<(), Fault> {
    let drawn = SigningKey::random(0)?;
    let key = signing_keys::SigningKey { id, secret: encode_hex(drawn.key().expose()), signs_from };
    Ok(signing_keys::insert(conn, &key)?)
}

/// The keys whose successor has signed for long enough.
fn retired(newest_first: &[signing_keys::SigningKey], now: Timestamp) -> Vec<u64> {
    let is_retired =
        |pair: &&[signing_keys::SigningKey]| pair[0].signs_from.plus_millis(RETIREMENT_MS) <= now;
    newest_first.windows(2).filter(is_retired).map(|pair| pair[1].id).collect()
}

/// Whether there is no key yet.
pub(super) fn lacks_key(conn: &Conn<'_>) -> Result<bool, StoreError> {
    Ok(signing_keys::list(conn)?.is_empty())
}
