//! Listing what lies on a backend and could be taken over.
//!
//! Only who looks after the backend can see it. The list is therefore an operation on the backend's queue, whose args
//! become its answer: the one page that was asked for, and never more.

mod item;
mod page;

pub use item::Item;
pub use page::{Page, SortKey};
pub use ports::volume::Reference;

use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::OperationId;
use ports::DriverError;
use ports::volume::{FoundKind, manage};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use crate::answer::Ended;
use crate::failure::{GIVEN_UP, unknown_phase};
use crate::service::target::Target;
use crate::{Desk, Refused, Requester, Tools, failure, volume_queue};

pub(crate) const KIND: &str = "backend.list_manageable";

/// Looking around on the backend.
const LOOK: &str = "look";
/// The answer is there.
const ANSWERED: &str = "answered";

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// What could be a volume.
    Volumes,
    /// What could be a snapshot.
    Snapshots,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum NoList {
    /// The request was refused, or the store failed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The marker is not among what is listed.
    #[error("marker not found: {0}")]
    Marker(String),
    /// The backend could not be asked, and this is why.
    #[error("{0}")]
    Backend(String),
    /// It takes longer than a request may.
    #[error("the backend did not answer in time")]
    Late,
}

impl From<StoreError> for NoList {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    what: What,
    backend: String,
    page: Page,
}

/// What the args become.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Items(Vec<Item>),
    NoSuchMarker(String),
}

/// Lists a page of what could be taken over.
///
/// # Errors
/// Why there is no list.
pub async fn list(
    desk: &Desk,
    who: &Requester,
    what: What,
    target: Target,
    page: Page,
    patience: Duration,
) -> Result<Vec<Item>, NoList> {
    let who = who.clone();
    let admitted = desk.admit(move |conn, settings| {
        (who.may)(&who.project_id, &who.user_id)?;
        let backend = target.require(conn, settings)?.host;
        let queue = volume_queue(&backend);
        let args = Args { what, backend, page };
        let id = operations::admit(
            conn,
            &NewOperation {
                args: serde_json::to_string(&args).unwrap_or_default(),
                ..who.operation(KIND, format!("listing/{}", OperationId::random()), queue.clone(), LOOK)
            },
        )?;
        Ok((id, queue))
    });
    let (id, queue) = admitted.await?;
    desk.hints.give(&queue);
    match desk.end_of(id, patience).await? {
        None => Err(NoList::Late),
        Some(Ended::Failed(why)) => Err(NoList::Backend(why)),
        Some(Ended::Done) => match desk.store.write(move |conn| take_answer(conn, id)).await? {
            Some(Answer::Items(items)) => Ok(items),
            Some(Answer::NoSuchMarker(marker)) => Err(NoList::Marker(marker)),
            None => Err(NoList::Late),
        },
    }
}

/// Reads the answer, and lets the ledger forget it: nobody asks twice.
fn take_answer(conn: &Conn<'_>, id: OperationId) -> Result<Option<Answer>, StoreError> {
    let answer = operations::get(conn, id)?.and_then(|row| serde_json::from_str(&row.args).ok());
    operations::forget_args(conn, id)?;
    Ok(answer)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    match operation.phase.as_str() {
        LOOK => look(tools, operation, progress).await,
        ANSWERED => Step::done(|_| Ok(())),
        _ => unknown_phase(operation),
    }
}

async fn look(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    if operation.abandoned {
        return failed(GIVEN_UP.to_owned());
    }
    let Some(backend) = tools.backends.get(&args.backend) else {
        return failed("the backend is not one of this process".to_owned());
    };
    match item::all(tools, operation, backend, args.what, progress).await {
        Ok(items) => {
            let answer = args.page.of(items).map_or_else(Answer::NoSuchMarker, Answer::Items);
            let args = serde_json::to_string(&answer).ok();
            Step::Advance { next: Next::Phase(ANSWERED), args, change: Box::new(|_| Ok(())) }
        }
        Err(item::Trouble::Store(error)) => failure::store_failed(&error),
        Err(item::Trouble::Driver(error)) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(failed)
        }
    }
}

fn failed(why: String) -> Step {
    Step::Advance { next: Next::Failed(why), args: None, change: Box::new(|_| Ok(())) }
}

/// Whether what a backend calls by one of our names has a row.
pub(crate) fn is_managed(conn: &Conn<'_>, ours: Option<FoundKind>) -> Result<bool, StoreError> {
    Ok(match ours {
        None => false,
        Some(FoundKind::Volume(id)) => {
            store::volumes::named_on_backend(conn, id)?.is_some()
                || store::copies::named_on_backend(conn, id)?.is_some()
        }
        Some(FoundKind::Snapshot(id)) => store::snapshots::get(conn, id)?.is_some(),
        Some(FoundKind::Base(id)) => store::bases::get(conn, id)?.is_some(),
        // Somebody may be making it.
        Some(FoundKind::Unfinished) => true,
    })
}

/// The names of everything of this sort; a driver that cannot take over has none.
fn names(driver: &dyn ports::VolumeDriver, what: What) -> Result<Vec<manage::Named>, DriverError> {
    let Some(family) = driver.manage() else { return Ok(Vec::new()) };
    match what {
        What::Volumes => family.volumes(),
        What::Snapshots => family.snapshots(),
    }
}
