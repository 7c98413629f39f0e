//! Taking the data of an image from a client.
//!
//! ```text
//! begin ──▶ saving | uploading ──(all came, named)──▶ active | uploading with staged data
//!                │ cut off, full, not as declared
//!                └──▶ queued, and no byte is left
//! ```

mod hold;
mod taking;

use std::sync::Arc;

use bytes::Bytes;
use ledger::Supervisor;
use model::{Image, ImageId, ImageLocation, ImageStatus};
use ports::ImageStore;
use store::StoreError;
use store::images::Edit;
use tokio::sync::{mpsc, oneshot};

use self::hold::Hold;
use super::allowance::Counted;
use super::digest::{HASH_NAME, Known};
use super::record::check_project;
use super::weigh::weigh;
use super::{Caller, Denied, Images, Limits, find, no_transition};

/// Chunks that may wait for the disk: what a slow disk holds of a fast client.
const MAX_WAITING: usize = 16;

/// Where data go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into the store of this name; the image is `active` afterwards.
    Store(String),
    /// Where they wait for their import.
    Staging,
}

/// Data that are being taken. Dropped before [`Upload::end`], they are cut off.
pub struct Upload {
    chunks: mpsc::Sender<Option<Bytes>>,
    done: oneshot::Receiver<Result<(), Denied>>,
}

impl Upload {
    /// Hands over a chunk; waits while too many wait. False when no more are wanted: [`Upload::end`] says why.
    pub async fn push(&self, chunk: Bytes) -> bool {
        self.chunks.send(Some(chunk)).await.is_ok()
    }

    /// All chunks were handed over: waits until the image has them.
    ///
    /// # Errors
    /// It does not have them, and is as it was before.
    pub async fn end(self) -> Result<(), Denied> {
        // When no more are wanted, the answer says why.
        let _ = self.chunks.send(None).await;
        self.done.await.unwrap_or_else(|_| Err(Denied::Unavailable("The service is ending.".to_owned())))
    }
}

/// Begins to take data. The client may say how many bytes there will be.
///
/// # Errors
/// The image takes no data now, there is no such store, or a limit would be passed.
pub async fn begin(
    images: &Images,
    supervisor: &Supervisor,
    caller: &Caller,
    id: ImageId,
    target: Target,
    announced_bytes: Option<u64>,
) -> Result<Upload, Denied> {
    images.check_usable()?;
    let store = match &target {
        Target::Store(name) => images.stores.writable(name).ok_or_else(|| no_such_store(name))?,
        Target::Staging => &images.stores.staging,
    };
    let worker = images.worker();
    let job = Job { images: images.clone(), store: Arc::clone(store), target, id, worker };
    let hold = Hold::begin(images, job.worker.clone());
    let admitted = admit(&job, caller, announced_bytes).await?;
    let (chunks, waiting) = mpsc::channel(MAX_WAITING);
    let (answer, done) = oneshot::channel();
    supervisor.spawn(async move {
        let taken = job.take(admitted, waiting, hold).await;
        // A client that is gone is not told.
        let _ = answer.send(taken);
    });
    Ok(Upload { chunks, done })
}

fn no_such_store(name: &str) -> Denied {
    Denied::BadRequest(format!("Unknown scheme '{name}' found in URI"))
}

async fn admit(job: &Job, caller: &Caller, announced_bytes: Option<u64>) -> Result<Image, Denied> {
    let (caller, limits) = (caller.clone(), Arc::clone(&job.images.limits));
    let (id, to, worker) = (job.id, job.taking(), job.worker.clone());
    let lease_ms = job.images.upload_lease_ms;
    let counted = match to {
        ImageStatus::Saving => &[Counted::SizeTotal, Counted::CountUploading],
        _ => &[Counted::StageTotal, Counted::CountUploading],
    };
    let allowance = job.images.allowance_of_owner(&caller, id, counted).await?;
    let admitted = job.images.desk.store.write(move |conn| {
        let image = find(conn, &caller, id)?;
        if image.status != ImageStatus::Queued {
            return Err(no_transition(image.status, to));
        }
        if to == ImageStatus::Saving {
            check_formats(&image)?;
        }
        check_size(&limits, announced_bytes.unwrap_or(0))?;
        check_project(conn, &limits, &image, announced_bytes.unwrap_or(0))?;
        let announced_mib = i64::try_from(announced_bytes.unwrap_or(0) >> 20).unwrap_or(i64::MAX);
        allowance.check(conn, counted[0], announced_mib)?;
        // With this one: Glance counts when it is on its way already.
        allowance.check(conn, Counted::CountUploading, 1)?;
        let lease_until = conn.now().plus_millis(lease_ms);
        if !store::image_uploads::begin(conn, &worker, id, to, lease_until)? {
            return Err(no_transition(image.status, to));
        }
        Ok(image)
    });
    admitted.await
}

/// Refuses data for an image that does not say what they are.
pub(super) fn check_formats(image: &Image) -> Result<(), Denied> {
    let why = match (&image.disk_format, &image.container_format) {
        (Some(_), Some(_)) => return Ok(()),
        (None, Some(_)) => "Property disk_format must be set prior to saving data.",
        (Some(_), None) => "Property container_format must be set prior to saving data.",
        (None, None) => "Properties disk_format, container_format must be set prior to saving data.",
    };
    Err(Denied::BadRequest(why.to_owned()))
}

fn check_size(limits: &Limits, bytes: u64) -> Result<(), Denied> {
    if bytes <= limits.size_cap_bytes {
        return Ok(());
    }
    Err(Denied::TooLarge("The incoming image is too large: The provided image is too large.".to_owned()))
}

/// An upload that was admitted.
struct Job {
    images: Images,
    store: Arc<dyn ImageStore>,
    target: Target,
    id: ImageId,
    /// What tells it from every other upload.
    worker: String,
}

impl Job {
    /// What the image shows meanwhile.
    fn taking(&self) -> ImageStatus {
        match self.target {
            Target::Store(_) => ImageStatus::Saving,
            Target::Staging => ImageStatus::Uploading,
        }
    }

    async fn take(
        self,
        image: Image,
        chunks: mpsc::Receiver<Option<Bytes>>,
        mut hold: Hold,
    ) -> Result<(), Denied> {
        let taken = taking::take(&self.images, &self.store, self.id, chunks, &mut hold).await;
        let settled = match taken {
            Ok(known) => self.look_and_settle(image, known, &mut hold).await,
            Err(denied) => Err(denied),
        };
        if settled.is_err() {
            self.give_up(hold).await;
        }
        settled
    }

    async fn look_and_settle(&self, image: Image, known: Known, hold: &mut Hold) -> Result<(), Denied> {
        let edit = self.accept(&image, known.clone())?;
        if self.target != Target::Staging {
            let store = Arc::clone(&self.store);
            let weighing = taking::work(&self.images, move || Ok(weigh(&*store, &image, &known)?));
            if let Some(why) = hold.during(weighing).await? {
                return Err(Denied::BadMedia(format!("Image failed safety checks: {why}")));
            }
        }
        self.settle(edit).await
    }

    /// What the image becomes with the data that came.
    fn accept(&self, image: &Image, known: Known) -> Result<Edit, Denied> {
        if self.target == Target::Staging {
            return Ok(Edit { size_bytes: Some(Some(known.size_bytes)), ..Edit::default() });
        }
        let virtual_size_bytes = check_content(image, &known, self.images.require_format_match)?;
        let Target::Store(name) = &self.target else { return Ok(Edit::default()) };
        Ok(Edit {
            locations: Some(vec![location(name, &*self.store, self.id)]),
            ..becoming(known, virtual_size_bytes)
        })
    }

    /// Commits. The data have their name already: should the process die before, [`super::Recovery`] removes them.
    async fn settle(&self, edit: Edit) -> Result<(), Denied> {
        let (id, worker) = (self.id, self.worker.clone());
        let limits = Arc::clone(&self.images.limits);
        let (to, staged_on) = match self.target {
            Target::Store(_) => (ImageStatus::Active, None),
            Target::Staging => (ImageStatus::Uploading, Some(self.images.host.clone())),
        };
        let written = self.images.desk.store.write(move |conn| {
            let image = store::images::get(conn, id)?.ok_or_else(|| gone(id))?;
            // How much there is was perhaps not said before.
            check_project(conn, &limits, &image, edit.size_bytes.flatten().unwrap_or(0))?;
            if !store::image_uploads::end(conn, &worker, id, to)? {
                return Err(gone(id));
            }
            if let Some(host) = staged_on {
                store::image_staging::set(conn, id, &host)?;
            }
            Ok(store::images::edit(conn, id, &edit)?)
        });
        written.await
    }

    /// Removes what was named, then lets the image take data again: in this order, so that no new upload loses its own.
    /// Of a commit whose answer was lost it is not known whether it was done: if it was, the data are the image's.
    async fn give_up(&self, mut hold: Hold) {
        let (id, database) = (self.id, &self.images.desk.store);
        match hold.ask().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                let error = StoreError::chain(&error);
                tracing::error!(image = %id, error, "a failed upload is left as it is until its lease has ended");
                return;
            }
        }
        let store = Arc::clone(&self.store);
        let removed = tokio::task::spawn_blocking(move || store.remove(id)).await;
        if !matches!(removed, Ok(Ok(()))) {
            tracing::error!(image = %id, "the data of a failed upload are left until its lease has ended");
            return;
        }
        let worker = self.worker.clone();
        let reset = database
            .write(move |conn| store::image_uploads::end(conn, &worker, id, ImageStatus::Queued))
            .await;
        if let Err(error) = reset {
            let error = StoreError::chain(&error);
            tracing::error!(image = %id, error, "the image stays as it is until the lease of its upload has ended");
        }
    }
}

fn gone(id: ImageId) -> Denied {
    Denied::Gone(format!(
        "Image {id} could not be found after upload. The image may have been deleted during the upload, cleaning up \
         the chunks uploaded."
    ))
}

/// Where the data of an image are, in a store of ours.
pub(crate) fn location(name: &str, store: &dyn ImageStore, id: ImageId) -> ImageLocation {
    ImageLocation { store: Some(name.to_owned()), url: store.url_of(id), metadata: "{}".to_owned() }
}

/// What an image is said to be once its data are known.
pub(crate) fn becoming(known: Known, virtual_size_bytes: Option<u64>) -> Edit {
    Edit {
        size_bytes: Some(Some(known.size_bytes)),
        virtual_size_bytes: Some(virtual_size_bytes),
        checksum: Some(Some(known.md5)),
        os_hash_algo: Some(Some(HASH_NAME.to_owned())),
        os_hash_value: Some(Some(known.sha512)),
        ..Edit::default()
    }
}

/// Looks whether data are what the image says, and how large the disk in them is.
pub(crate) fn check_content(image: &Image, known: &Known, must_match: bool) -> Result<Option<u64>, Denied> {
    // What is in a container of another kind is not seen from outside.
    if image.container_format.as_deref() != Some("bare") {
        return Ok(None);
    }
    let (Some(report), Some(declared)) = (&known.report, &image.disk_format) else { return Ok(None) };
    match report.check(declared) {
        Ok(()) => Ok(report.virtual_size_bytes),
        Err(refused) if must_match || !report.dangers.is_empty() => {
            Err(Denied::BadMedia(format!("Image failed safety checks: {refused}")))
        }
        Err(_) => Ok(None),
    }
}
