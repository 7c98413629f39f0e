//! Accepting an import: one transaction.

use model::image::{ImageTask, TaskStatus};
use model::{Image, ImageId, ImageLocation, ImageStatus, OperationId, ProjectId};
use store::Conn;
use store::images::Edit;
use store::operations::{NewOperation, admit};

use super::{BY_LOCATION, BY_TASK, COPY, Facts, HASH, Import, KIND, Origin, show_progress};
use crate::image::allowance::{Allowance, Counted};
use crate::image::digest::HASH_NAME;
use crate::image::{Caller, Denied, ImageStores, Images, Kept, find, key, queue};

/// What of a project an import may bring above a limit.
const COUNTED: [Counted; 3] = [Counted::SizeTotal, Counted::StageTotal, Counted::CountUploading];

/// Accepts an import. Returns its task.
///
/// # Errors
/// The image is in no status for it, a store is not there, or something else is under way.
pub async fn accept(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    import: Import,
) -> Result<OperationId, Denied> {
    let (asking, stores, host) = (caller.clone(), std::sync::Arc::clone(&images.stores), images.host.clone());
    let allowance = images.allowance_of_owner(caller, id, &COUNTED).await?;
    let admitted = images.desk.store.write(move |conn| {
        let image = find(conn, &asking, id)?;
        check(&image, &import)?;
        check_room(conn, &allowance, &image, &import)?;
        let to_come = targets(&stores, &image, &import)?;
        // What was staged is on the host that took it.
        let host = match import.origin {
            Origin::Staged => store::image_staging::host_of(conn, id)?.unwrap_or(host),
            _ => host,
        };
        let facts = Facts {
            task: OperationId::random(),
            origin: import.origin,
            to_come,
            done: Vec::new(),
            failed: Vec::new(),
            all_must_succeed: import.all_must_succeed,
            inherited: import.inherited,
            why: String::new(),
        };
        if facts.to_come.is_empty() {
            // Every store has a copy already.
            return Ok::<_, Denied>((facts.task, host));
        }
        let mut shown = image.clone();
        show_progress(&mut shown, &facts);
        let status = if facts.is_copy() { image.status } else { ImageStatus::Importing };
        let edit = Edit { properties: Some(shown.properties), status: Some(status), ..Edit::default() };
        store::images::edit(conn, id, &edit)?;
        begin(conn, &asking, &host, &image, &facts, (import.kind, &import.raw), COPY)?;
        Ok((facts.task, host))
    });
    let (task, host) = admitted.await?;
    images.desk.hints.give(&queue(&host));
    Ok(task)
}

/// Staged data are counted as data, and what is fetched passes the staging area: so does Glance count.
fn check_room(conn: &Conn<'_>, allowance: &Allowance, image: &Image, import: &Import) -> Result<(), Denied> {
    allowance.check(conn, Counted::SizeTotal, 0)?;
    let mib = i64::try_from(image.size_bytes.unwrap_or(0) >> 20).unwrap_or(i64::MAX);
    match import.origin {
        Origin::Staged => allowance.check(conn, Counted::SizeTotal, mib),
        Origin::Copy => {
            allowance.check(conn, Counted::StageTotal, mib)?;
            allowance.check(conn, Counted::CountUploading, 0)
        }
        Origin::Location(..) => Ok(()),
        Origin::Web(_) | Origin::Image(_) => {
            allowance.check(conn, Counted::StageTotal, mib)?;
            allowance.check(conn, Counted::CountUploading, 1)
        }
    }
}

fn check(image: &Image, import: &Import) -> Result<(), Denied> {
    let conflict = |why: &str| Err(Denied::Conflict(why.to_owned()));
    let is_copy = import.origin == Origin::Copy;
    let name = match import.origin {
        Origin::Web(_) => "web-download",
        _ => "glance-download",
    };
    match (image.status, &import.origin) {
        (ImageStatus::Active, origin) if *origin != Origin::Copy => {
            return conflict("Image with status active cannot be target for import");
        }
        (status, Origin::Copy) if status != ImageStatus::Active => {
            return conflict("Only images with status active can be targeted for copying");
        }
        (status, Origin::Staged) if status != ImageStatus::Uploading || image.worker.is_some() => {
            return conflict("Image needs to be staged before 'glance-direct' method can be used");
        }
        (status, Origin::Web(_) | Origin::Image(_)) if status != ImageStatus::Queued => {
            return conflict(&format!("Image needs to be in 'queued' state to use '{name}' method"));
        }
        _ => {}
    }
    if image.container_format.is_none() {
        return conflict("'container_format' needs to be set before import");
    }
    if image.disk_format.is_none() {
        return conflict("'disk_format' needs to be set before import");
    }
    if is_copy && image.stores().next().is_none() {
        return conflict("The image has no data in a store");
    }
    Ok(())
}

/// The stores that are to get a copy.
fn targets(stores: &ImageStores, image: &Image, import: &Import) -> Result<Vec<String>, Denied> {
    let is_copy = import.origin == Origin::Copy;
    let has = |name: &str| image.stores().any(|store| store == name);
    if import.all_stores {
        let ours = stores.entries.iter().filter(|entry| matches!(entry.kept, Kept::Here(_)));
        let names = ours.map(|entry| entry.name.clone());
        return Ok(names.filter(|name| !is_copy || !has(name)).collect());
    }
    if import.stores.is_empty() {
        return Ok(vec![stores.default.clone()]);
    }
    for name in &import.stores {
        if stores.writable(name).is_none() {
            return Err(Denied::Conflict(format!("Unknown scheme '{name}' found in URI")));
        }
        if is_copy && has(name) {
            return Err(Denied::BadRequest(format!("Image is already present at store '{name}'")));
        }
    }
    Ok(import.stores.clone())
}

/// Writes the task, of this kind and with this request, and admits the operation.
fn begin(
    conn: &Conn<'_>,
    caller: &Caller,
    host: &str,
    image: &Image,
    facts: &Facts,
    (kind, raw): (&str, &str),
    phase: &'static str,
) -> Result<(), Denied> {
    if store::operations::is_pending(conn, &key(image.id))? {
        return Err(Denied::Conflict("Image has active task".to_owned()));
    }
    let owner = caller.project.clone().unwrap_or_else(|| ProjectId::new(""));
    let asked: serde_json::Value = serde_json::from_str(raw).unwrap_or_default();
    let input = match kind {
        BY_TASK => asked,
        _ => serde_json::json!({"image_id": image.id, "import_req": asked, "backend": facts.to_come}),
    };
    let now = conn.now();
    let task = ImageTask {
        id: facts.task,
        kind: kind.to_owned(),
        status: TaskStatus::Processing,
        owner: owner.clone(),
        user_id: caller.user_id.clone(),
        image_id: Some(image.id),
        request_id: Some(caller.request_id.clone()),
        input: input.to_string(),
        result: None,
        message: String::new(),
        expires_at: None,
        created_at: now,
        updated_at: now,
    };
    store::image_tasks::insert(conn, &task)?;
    let operation = NewOperation {
        kind: KIND,
        resource: key(image.id),
        project_id: owner,
        user_id: caller.user_id.clone(),
        request_id: Some(caller.request_id.clone()),
        queue: queue(host),
        phase,
        args: facts.text().unwrap_or_default(),
        reads: Vec::new(),
    };
    admit(conn, &operation)?;
    Ok(())
}

/// Has an image without data say that they are on the web. Without hashes it is active at once, and hashed afterwards;
/// with hashes, it is active once they were found to be right.
///
/// # Errors
/// The image has data, or the address may not be fetched from.
pub async fn add_location(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    url: String,
    hash: Option<(String, String)>,
    raw: String,
) -> Result<(), Denied> {
    let web = images.stores.entries.iter().find(|entry| matches!(entry.kept, Kept::Web));
    let (Some(web_store), Some(web)) = (web.map(|entry| entry.name.clone()), images.web.clone()) else {
        return Err(Denied::BadRequest("Invalid location".to_owned()));
    };
    if web.check(&url).is_err() {
        return Err(Denied::BadRequest(format!("URI for add-location does not pass filtering: {url}")));
    }
    let size_bytes = crate::image::record::measure(images, vec![url.clone()]).await.remove(&url);
    let (asking, host) = (caller.clone(), images.host.clone());
    let admitted = images.desk.store.write(move |conn| {
        let image = find(conn, &asking, id)?;
        if image.status != ImageStatus::Queued {
            let why = format!("It's not allowed to add locations if image status is {}.", image.status);
            return Err(Denied::Conflict(why));
        }
        crate::image::upload::check_formats(&image)?;
        let location = ImageLocation { store: Some(web_store), url: url.clone(), metadata: "{}".to_owned() };
        let is_checked = hash.is_some();
        let edit = Edit {
            locations: Some(vec![location]),
            size_bytes: Some(size_bytes),
            status: Some(if is_checked { ImageStatus::Importing } else { ImageStatus::Active }),
            os_hash_algo: Some((!is_checked).then(|| HASH_NAME.to_owned())),
            ..Edit::default()
        };
        store::images::edit(conn, id, &edit)?;
        let facts = Facts {
            task: OperationId::random(),
            origin: Origin::Location(url, hash),
            to_come: Vec::new(),
            done: Vec::new(),
            failed: Vec::new(),
            all_must_succeed: true,
            inherited: Vec::new(),
            why: String::new(),
        };
        begin(conn, &asking, &host, &image, &facts, (BY_LOCATION, &raw), HASH)
    });
    admitted.await?;
    images.desk.hints.give(&queue(&images.host));
    Ok(())
}
