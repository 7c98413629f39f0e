//! `/volume-transfers`, and `/os-volume-transfer`, which is the same as it was in 3.0.

pub(super) mod accept;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;

mod query;

use wire::links::Links;
use wire::view::transfers::Detail;

use super::Call;

/// The collection that the addresses of transfers name, whichever way one came.
const COLLECTION: &str = "os-volume-transfer";

fn links(call: &Call) -> Links {
    call.endpoint().links(COLLECTION)
}

/// How transfers are shown in the request's revision.
fn detail<'l>(call: &Call, links: &'l Links) -> Detail<'l> {
    Detail { version: call.version, links }
}
