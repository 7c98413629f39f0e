//! Rows by the million, put into the own server's database through the product's store instead of being asked for one by
//! one. They are rows without files: good for lists and counters, not for anything that touches their bytes.

use std::path::Path;

use model::{Timestamp, Volume, VolumeId};
use store::{Conn, Options, Store, StoreError, volumes};

use crate::error::Error;

/// Rows of one transaction: the running server waits for the database no longer than these take.
const ROWS_AT_ONCE: usize = 5000;

/// Copies the row of the volume `template` so many times.
pub(crate) async fn copy_row(data_dir: &Path, template: &str, count: usize) -> Result<(), Error> {
    let id: VolumeId = template.parse().map_err(|_| Error::Shape("a volume id that is a UUID"))?;
    let database = data_dir.join("besser.sqlite");
    let store = Store::open(Options::file(database))?;
    let template = store.read(move |conn| volumes::get(conn, id)).await?;
    let template = template.ok_or(Error::Shape("the volume that rows are copied from"))?;
    for first in (0..count).step_by(ROWS_AT_ONCE) {
        let (template, last) = (template.clone(), count.min(first + ROWS_AT_ONCE));
        let insert =
            move |conn: &Conn<'_>| (first..last).try_for_each(|index| insert_copy(conn, &template, index));
        store.write(insert).await?;
    }
    Ok(())
}

/// Inserts it as the product would, in its two steps, so that quota and pool stay right; older than the template and
/// than the copies before it.
fn insert_copy(conn: &Conn<'_>, template: &Volume, index: usize) -> Result<(), StoreError> {
    let age = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
    let created_at = Timestamp(template.created_at.0.saturating_sub(age));
    let copy = Volume { id: VolumeId::random(), host: None, created_at, ..template.clone() };
    volumes::insert(conn, &copy)?;
    match &template.host {
        Some(host) => volumes::place(conn, &copy, host, &template.availability_zone),
        None => Ok(()),
    }
}
