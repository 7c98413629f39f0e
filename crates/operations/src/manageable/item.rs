//! What is on a backend, and what the rows know of it.

use ledger::Progress;
use ports::DriverError;
use ports::volume::{FoundKind, Reference, manage};
use serde::{Deserialize, Serialize};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{What, names};
use crate::{Backend, Tools};

/// Why what has a row cannot be taken over.
const MANAGED: &str = "already managed";

/// Something on a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// How to name it.
    pub reference: Reference,
    /// Its size, rounded up.
    pub size_gib: u64,
    /// Why it cannot be taken over; none when it can.
    pub reason_not_safe: Option<String>,
    /// The volume or snapshot that it is already.
    pub id: Option<String>,
    /// What a snapshot is of, where that is known.
    pub source: Option<Reference>,
}

pub(super) enum Trouble {
    Driver(DriverError),
    Store(StoreError),
}

/// Everything of the sort on `backend`, in no order.
pub(super) async fn all(
    tools: &Tools,
    operation: &OperationRow,
    backend: &Backend,
    what: What,
    progress: &Progress,
) -> Result<Vec<Item>, Trouble> {
    let key = &operation.resource;
    let named = tools.effects.run(key, backend, progress, move |driver, _| {
        let volumes = if what == What::Snapshots { names(driver, What::Volumes)? } else { Vec::new() };
        Ok((names(driver, what)?, volumes))
    });
    let (named, volumes) = named.await.map_err(Trouble::Driver)?;
    let known = tools.store.read(move |conn| match_rows(conn, named, &volumes));
    let (mut items, strangers) = known.await.map_err(Trouble::Store)?;
    // What has a row is not opened: somebody may be at work on it.
    let looked = tools.effects.run(key, backend, progress, move |driver, work| {
        let family = manage::of(driver)?;
        let mut items = Vec::new();
        for stranger in strangers {
            work.advance(0)?;
            items.extend(look(family, stranger)?);
        }
        Ok(items)
    });
    match looked.await {
        Ok(strangers) => items.extend(strangers),
        Err(DriverError::Unsupported(_)) => {}
        Err(error) => return Err(Trouble::Driver(error)),
    }
    Ok(items)
}

/// Splits what has a row from what has none.
fn match_rows(
    conn: &Conn<'_>,
    named: Vec<manage::Named>,
    volumes: &[manage::Named],
) -> Result<(Vec<Item>, Vec<manage::Named>), StoreError> {
    let (mut items, mut strangers) = (Vec::new(), Vec::new());
    for found in named {
        let row = match found.ours {
            Some(FoundKind::Volume(id)) => {
                let found = store::volumes::named_on_backend(conn, id)?;
                let row = found.map(|row| (row.size_gib, row.id.to_string(), None));
                match store::copies::named_on_backend(conn, id)? {
                    Some(copy) if row.is_none() => Some((copy.charged_gib, copy.volume_id.to_string(), None)),
                    _ => row,
                }
            }
            Some(FoundKind::Snapshot(id)) => match store::snapshots::get(conn, id)? {
                None => None,
                Some(row) => {
                    let of = store::volumes::get(conn, row.volume_id)?.map(|of| of.name_on_backend());
                    let of = of.map(FoundKind::Volume);
                    let source = volumes.iter().find(|volume| volume.ours.is_some() && volume.ours == of);
                    Some((row.size_gib, id.to_string(), source.map(|source| source.reference.clone())))
                }
            },
            Some(FoundKind::Base(_) | FoundKind::Unfinished) => continue,
            None => None,
        };
        match row {
            None => strangers.push(found),
            Some((size_gib, id, source)) => items.push(Item {
                reference: found.reference,
                size_gib,
                reason_not_safe: Some(MANAGED.to_owned()),
                id: Some(id),
                source: found.origin.or(source),
            }),
        }
    }
    Ok((items, strangers))
}

/// None for what has gone meanwhile.
fn look(family: &dyn manage::Manage, stranger: manage::Named) -> Result<Option<Item>, DriverError> {
    let (size_gib, reason_not_safe) = match family.look_at(&stranger.reference) {
        Ok(seen) => (seen.size_gib, seen.unsafe_because),
        Err(DriverError::Missing { .. }) => return Ok(None),
        // One that cannot be looked at does not keep the others from being listed.
        Err(error @ (DriverError::Refused(_) | DriverError::Io { .. })) => (0, Some(error.chain())),
        Err(error) => return Err(error),
    };
    let (reference, source) = (stranger.reference, stranger.origin);
    Ok(Some(Item { reference, size_gib, reason_not_safe, id: None, source }))
}
