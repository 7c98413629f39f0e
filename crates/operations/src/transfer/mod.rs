//! Offering volumes to other projects. It is rows and nothing else: all of it is done when the request returns.

pub mod accept;
pub mod create;
pub mod delete;

mod auth_key;

use model::refusal::Noun;
use model::{Refusal, Transfer, TransferId};
use store::Conn;

use crate::{Refused, Requester};

/// The offer that a request is about, if its project made it.
///
/// # Errors
/// Not found; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: TransferId) -> Result<Transfer, Refused> {
    let found = store::transfers::get(conn, id)?.filter(|transfer| who.sees(&transfer.project_id));
    found.ok_or_else(|| Refusal::not_found(Noun::Transfer, id).into())
}
