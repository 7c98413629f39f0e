//! The phases of an import.

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::image::TaskStatus;
use model::{Image, ImageId, ImageStatus, Metadata};
use ports::{DriverError, ImageStore};
use store::images::Edit;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::fill::{self, From};
use super::{CLEAN_UP, COPY, FAILED, Facts, Origin, TO_COME, UNSTAGE, show_progress};
use crate::image::ImageStores;
use crate::image::digest::{Digest, Known};
use crate::image::upload::{becoming, check_content, location};
use crate::image::weigh;
use crate::{Tools, failure};

/// How long an ended task is kept (`task_time_to_live`).
const TASK_KEPT_MS: i64 = 48 * 3600 * 1000;

/// Reads the image; a step that says what to do when that is not possible.
async fn load(tools: &Tools, id: ImageId) -> Result<Option<Image>, Step> {
    let read = tools.store.read(move |conn| store::images::get(conn, id)).await;
    read.map_err(|error: StoreError| failure::store_failed(&error))
}

fn on(phase: &'static str, facts: &Facts) -> Step {
    Step::Advance { next: Next::Phase(phase), args: facts.text(), change: Box::new(|_| Ok(())) }
}

fn give_up(mut facts: Facts, why: String) -> Step {
    facts.why = why;
    on(CLEAN_UP, &facts)
}

/// Puts the data into the first store that is still to come.
pub(super) async fn copy(
    tools: &Tools,
    operation: &OperationRow,
    stores: Arc<ImageStores>,
    id: ImageId,
    facts: Facts,
    progress: &Progress,
) -> Step {
    let image = match load(tools, id).await {
        Ok(Some(image)) => image,
        Ok(None) => return give_up(facts, "the image was deleted".to_owned()),
        Err(step) => return step,
    };
    if operation.abandoned {
        return give_up(facts, failure::GIVEN_UP.to_owned());
    }
    let Some(name) = facts.to_come.first().cloned() else { return on(UNSTAGE, &facts) };
    let Some(target) = stores.writable(&name).cloned() else {
        return give_up(facts, format!("there is no store {name}"));
    };
    let source = match source(tools, &facts).await {
        Ok(source) => source,
        Err(why) => return give_up(facts, why),
    };
    let most_bytes = tools.image_limits.as_ref().map_or(u64::MAX, |limits| limits.size_cap_bytes);
    let (into, reading, web) = (Arc::clone(&target), image.clone(), tools.image_web.clone());
    let (origin, inside) = (facts.origin.clone(), Arc::clone(&stores));
    let done = facts.done.first().cloned();
    let is_known = stores.nearest(&image).is_some();
    let coming = image.clone();
    let filled = tools.effects.work(&operation.resource, progress, move |work| {
        let from = match (done.and_then(|done| inside.writable(&done).cloned()), origin) {
            (Some(store), _) => From::Disk(store.open(id)?),
            (None, Origin::Staged) => From::Disk(inside.staging.open(id)?),
            (None, Origin::Web(url)) => From::Web(
                web.ok_or_else(|| DriverError::Refused("nothing is fetched from the web here".to_owned()))?
                    .open(&url)?,
            ),
            (None, origin) => {
                let read = source.unwrap_or(reading);
                match (inside.nearest(&read), read.locations.first().zip(web)) {
                    (Some((_, store)), _) => From::Disk(store.open(read.id)?),
                    // Only a copy is inspected for what it is said to be.
                    (None, Some((at, web))) if origin == Origin::Copy => From::Web(web.open(at.address())?),
                    _ => return Err(DriverError::Missing { what: format!("data of image {}", read.id) }),
                }
            }
        };
        let known = fill::fill(work, from, &*into, id, most_bytes)?;
        if let Err(refused) = weigh::check(&*into, &coming, &known) {
            into.remove(id)?;
            return Err(refused);
        }
        Ok(known)
    });
    match filled.await {
        Ok(known) => put(tools, facts, &image, &name, &*target, is_known, known),
        Err(error) => match failure::again(operation, &tools.settings, &error) {
            Ok(step) => step,
            Err(why) => failed(facts, name, why),
        },
    }
}

/// The other image that the data come from, where they do.
async fn source(tools: &Tools, facts: &Facts) -> Result<Option<Image>, String> {
    let Origin::Image(source) = facts.origin else { return Ok(None) };
    let missing = || "the image to download is not there, or not in a region that can be reached".to_owned();
    let source = source.ok_or_else(missing)?;
    let read = tools.store.read(move |conn| store::images::get(conn, source)).await;
    let image = read.map_err(|error: StoreError| error.chain())?.ok_or_else(missing)?;
    if image.status == ImageStatus::Active { Ok(Some(image)) } else { Err(missing()) }
}

/// One store could not be filled: all is over, or the others go on.
fn failed(mut facts: Facts, name: String, why: String) -> Step {
    facts.to_come.retain(|store| *store != name);
    let nothing_left = facts.to_come.is_empty() && facts.done.is_empty();
    if facts.all_must_succeed || nothing_left {
        facts.to_come.insert(0, name);
        return give_up(facts, why);
    }
    facts.failed.push(name);
    facts.why = why;
    on(COPY, &facts)
}

/// The data are in a store: says so, and goes on. `is_known` says that a store had them before, so that they have been
/// inspected.
fn put(
    tools: &Tools,
    mut facts: Facts,
    image: &Image,
    name: &str,
    store: &dyn ImageStore,
    is_known: bool,
    known: Known,
) -> Step {
    if facts.is_copy() && image.checksum.as_ref().is_some_and(|checksum| *checksum != known.md5) {
        return failed(facts, name.to_owned(), "the copy has another checksum than the image".to_owned());
    }
    facts.to_come.retain(|store| store != name);
    facts.done.push(name.to_owned());
    let (id, at, told) = (image.id, location(name, store, image.id), facts.clone());
    let next = if facts.to_come.is_empty() { UNSTAGE } else { COPY };
    let must_match = tools.require_format_match;
    Step::Decide(Box::new(move |conn| {
        let Some(mut image) = store::images::get(conn, id)? else {
            return Ok((Next::Phase(CLEAN_UP), facts.text()));
        };
        // As what it was declared may have changed since it began to come; from here on it cannot.
        let declared = match &facts.origin {
            // What comes from another image has its formats, which are taken over with it.
            Origin::Image(_) => Ok(image.virtual_size_bytes),
            Origin::Copy if is_known => Ok(image.virtual_size_bytes),
            _ => check_content(&image, &known, must_match),
        };
        let virtual_size_bytes = match declared {
            Ok(size) => size,
            Err(denied) => {
                let facts = Facts { why: denied.to_string(), ..facts };
                return Ok((Next::Phase(CLEAN_UP), facts.text()));
            }
        };
        if !image.locations.iter().any(|known| known.url == at.url) {
            image.locations.push(at);
        }
        show_progress(&mut image, &told);
        let mut edit = if told.is_copy() { Edit::default() } else { becoming(known, virtual_size_bytes) };
        edit.locations = Some(image.locations);
        if let Origin::Image(Some(source)) = told.origin {
            inherit(conn, source, &told.inherited, &mut image.properties, &mut edit)?;
        }
        edit.properties = Some(image.properties);
        if !told.is_copy() && !told.all_must_succeed && image.status == ImageStatus::Importing {
            edit.status = Some(ImageStatus::Active);
        }
        store::images::edit(conn, id, &edit)?;
        Ok((Next::Phase(next), facts.text()))
    }))
}

/// Takes over the formats of another image, and the properties that are to be.
fn inherit(
    conn: &Conn<'_>,
    source: ImageId,
    prefixes: &[String],
    properties: &mut Metadata,
    edit: &mut Edit,
) -> Result<(), StoreError> {
    let Some(source) = store::images::get(conn, source)? else { return Ok(()) };
    for (key, value) in &source.properties.0 {
        if prefixes.iter().any(|prefix| key.starts_with(prefix.as_str())) {
            properties.0.insert(key.clone(), value.clone());
        }
    }
    edit.disk_format = Some(source.disk_format);
    edit.container_format = Some(source.container_format);
    edit.virtual_size_bytes = Some(source.virtual_size_bytes);
    Ok(())
}

/// Hashes data that stay on the web.
pub(super) async fn hash(
    tools: &Tools,
    operation: &OperationRow,
    id: ImageId,
    facts: Facts,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return give_up(facts, failure::GIVEN_UP.to_owned());
    }
    let (Origin::Location(url, expected), Some(web)) = (facts.origin.clone(), tools.image_web.clone()) else {
        return give_up(facts, "nothing is fetched from the web here".to_owned());
    };
    let most_bytes = tools.image_limits.as_ref().map_or(u64::MAX, |limits| limits.size_cap_bytes);
    let named = expected.as_ref().map(|(name, _)| name.clone());
    let hashed = tools.effects.work(&operation.resource, progress, move |work| {
        let mut digest = Digest::with(named.as_deref());
        fill::hash(work, web.open(&url)?, &mut digest, most_bytes)?;
        Ok(digest.finish())
    });
    let known = match hashed.await {
        Ok(known) => known,
        Err(error) => {
            return failure::again(operation, &tools.settings, &error)
                .unwrap_or_else(|why| give_up(facts, why));
        }
    };
    let hash = match expected {
        None => (crate::image::digest::HASH_NAME.to_owned(), known.sha512.clone()),
        Some((name, value)) if known.named(&name).is_some_and(|found| found.eq_ignore_ascii_case(&value)) => {
            (name, value)
        }
        Some((name, _)) => return give_up(facts, format!("the data have another {name} than was said")),
    };
    let edit = Edit {
        os_hash_algo: Some(Some(hash.0)),
        os_hash_value: Some(Some(hash.1)),
        status: Some(ImageStatus::Active),
        ..becoming(known, None)
    };
    Step::done(move |conn| {
        if let Some(image) = store::images::get(conn, id)?
            && matches!(image.status, ImageStatus::Importing | ImageStatus::Active)
        {
            store::images::edit(conn, id, &edit)?;
        }
        settle(conn, &facts, id, TaskStatus::Success, "")
    })
}

/// Removes what was staged, and ends well.
pub(super) async fn unstage(
    tools: &Tools,
    operation: &OperationRow,
    stores: Arc<ImageStores>,
    id: ImageId,
    facts: Facts,
    progress: &Progress,
) -> Step {
    let removed = tools.effects.work(&operation.resource, progress, move |_| stores.staging.remove(id)).await;
    if let Err(error) = removed {
        return failure::for_ever(operation, &tools.settings, error.chain());
    }
    Step::Decide(Box::new(move |conn| {
        if store::images::get(conn, id)?.is_none() {
            return Ok((Next::Phase(CLEAN_UP), facts.text()));
        }
        store::images::set_status_from(conn, id, &[ImageStatus::Importing], ImageStatus::Active, None)?;
        settle(conn, &facts, id, TaskStatus::Success, &facts.why)?;
        Ok((Next::Done, None))
    }))
}

/// Removes what was put into stores that had no copy before, and what was staged.
pub(super) async fn clean_up(
    tools: &Tools,
    operation: &OperationRow,
    stores: Arc<ImageStores>,
    id: ImageId,
    facts: Facts,
    progress: &Progress,
) -> Step {
    let names: Vec<String> = facts.to_come.iter().chain(&facts.done).chain(&facts.failed).cloned().collect();
    let ours = names.clone();
    let removed = tools.effects.work(&operation.resource, progress, move |_| {
        for store in ours.iter().filter_map(|name| stores.writable(name)) {
            store.remove(id)?;
        }
        stores.staging.remove(id)
    });
    if let Err(error) = removed.await {
        return failure::for_ever(operation, &tools.settings, error.chain());
    }
    let why = if facts.why.is_empty() { "the image was deleted".to_owned() } else { facts.why.clone() };
    let told = why.clone();
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            if let Some(mut image) = store::images::get(conn, id)? {
                take_back(&mut image, &facts, &names);
                let edit = undone(&image, &facts);
                store::images::edit(conn, id, &edit)?;
            }
            settle(conn, &facts, id, TaskStatus::Failure, &told)
        }),
    }
}

fn take_back(image: &mut Image, facts: &Facts, names: &[String]) {
    // A location on the web is not ours to remove.
    if matches!(facts.origin, Origin::Location(..)) {
        return;
    }
    image.locations.retain(|location| !location.store.as_ref().is_some_and(|store| names.contains(store)));
    image.properties.0.insert(TO_COME.to_owned(), String::new());
    image.properties.0.insert(FAILED.to_owned(), names.join(","));
}

fn undone(image: &Image, facts: &Facts) -> Edit {
    let kept = Edit {
        locations: Some(image.locations.clone()),
        properties: Some(image.properties.clone()),
        ..Edit::default()
    };
    match (&facts.origin, image.status) {
        (Origin::Copy, _) => kept,
        // It was active without hashes before, and stays so.
        (Origin::Location(_, None), _) => Edit { os_hash_algo: Some(None), ..kept },
        (_, ImageStatus::Importing | ImageStatus::Active) => Edit {
            status: Some(ImageStatus::Queued),
            size_bytes: Some(None),
            virtual_size_bytes: Some(None),
            checksum: Some(None),
            os_hash_algo: Some(None),
            os_hash_value: Some(None),
            ..kept
        },
        _ => kept,
    }
}

/// Ends the task.
fn settle(
    conn: &Conn<'_>,
    facts: &Facts,
    id: ImageId,
    status: TaskStatus,
    message: &str,
) -> Result<(), StoreError> {
    let result = serde_json::json!({"image_id": id}).to_string();
    let expires_at = conn.now().plus_millis(TASK_KEPT_MS);
    store::image_tasks::settle(conn, facts.task, status, Some(&result), message, Some(expires_at))
}
