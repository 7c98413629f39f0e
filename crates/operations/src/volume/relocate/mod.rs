//! Moving a volume to another backend by copying it: what migrating and retyping have in common.
//!
//! ```text
//! place (scheduler) ──▶ look (backend) ──▶ copy ──▶ switch ──▶ tidy ──▶ as it was, elsewhere
//!   │ no pool             │ not blank       │ gives up, or was given up
//!   ▼                     ▼                 ▼
//! as it was ◀── [hide] ◀───────────────── undo
//! ```
//!
//! Until `switch` the volume is where it was and the copy is what is removed when anything fails; from then on it is
//! the other way round. Which of the two the row `volume_copies` names is what `tidy` and `undo` remove, and what is
//! left of a volume whose backend could not remove it: it goes with the volume, or before its next move.
//!
//! Who looks after the destination copies. Where that is another process than the one of the volume, `show` comes before
//! `look`, and `tidy` goes back there. On one machine the volume's process says where others find the volume, and they only
//! read it. To another machine ([`reach`]) it offers the volume, under a name and with a secret that only whoever copies
//! has; `tidy` withdraws that with what the volume was, and `hide` when it stays.
//!
//! What a server writes to is copied by the compute service, to a volume that is hidden from users:
//!
//! ```text
//! place (scheduler) ──▶ [key] ──▶ make (backend) ──▶ ask ──▶ await ──▶ tidy ──▶ as it was, elsewhere
//!                         │ gives up                  │ refused  │ was in vain
//!                         └───────────────────────────┴──────────┴──▶ release ──▶ discard ──▶ as it was
//! ```
//!
//! Between `await` and `tidy`, [`complete()`] lets the volume be what the hidden one was.

mod complete;
mod copy;
mod encryption;
mod hide;
mod make_way;
mod place;
mod reach;
mod remove;
mod secret;
mod show;
mod swap;
mod switch;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{MigrationStatus, Timestamp, Volume, VolumeId, VolumeStatus, VolumeTypeId};
use ports::volume::{Here, There};
use serde::{Deserialize, Serialize};
use store::copies::VolumeCopy;
use store::operations::{self, OperationRow};
use store::volumes::Edit;
use store::{Conn, StoreError};

use crate::failure::{GIVEN_UP, store_failed, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Tools, volume, volume_queue};

pub(crate) use complete::complete;
pub(crate) use make_way::make_way;
pub(crate) use reach::Reach;
pub(crate) use remove::{copy_elsewhere, remove_copy};

/// Removing a copy that an earlier move has left.
pub(crate) const CLEAR: &str = "clear";
/// Choosing where to.
pub(crate) const PLACE: &str = "place";
/// Saying where another process finds the volume; offering it to one on another machine.
const SHOW: &str = "show";
/// Looking whether nothing of that name is there: it would not be ours to overwrite.
const LOOK: &str = "look";
/// Making the key of a copy that is encrypted in another way, or of the hidden volume.
const KEY: &str = "key";
/// Making the blank volume to which the compute service is to copy.
const MAKE: &str = "make";
/// Asking the compute service to copy.
const ASK: &str = "ask";
/// Waiting until it has.
const AWAIT: &str = "await";
/// Letting nobody have the volume to which it has not.
const RELEASE: &str = "release";
/// Removing that.
const DISCARD: &str = "discard";
/// Copying.
const COPY: &str = "copy";
/// Letting the copy be the volume.
const SWITCH: &str = "switch";
/// Removing what was the volume.
const TIDY: &str = "tidy";
/// Removing the copy.
const UNDO: &str = "undo";
/// Offering the volume to the other machine no longer.
const HIDE: &str = "hide";

/// What the phases know beyond the rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Args {
    /// Where the status goes back to.
    pub(crate) before: VolumeStatus,
    /// What it is meanwhile.
    pub(crate) meanwhile: VolumeStatus,
    /// Only this pool (`host@backend#pool`), or a pool of this backend, will do.
    pub(crate) destination: Option<String>,
    /// The type that it is to have.
    pub(crate) new_type: Option<VolumeTypeId>,
    /// Whether it may be moved at all.
    pub(crate) may_move: bool,
    /// The zone of the backend that was chosen.
    pub(crate) zone: Option<String>,
    /// Why it is not moved after all.
    pub(crate) failure: Option<String>,
    /// When no pool took it for the first time.
    pub(crate) refused_at: Option<Timestamp>,
    /// The hidden volume to which the compute service copies.
    #[serde(default)]
    pub(crate) hidden: Option<VolumeId>,
    /// Where a process of the same machine finds the volume that does not look after it.
    #[serde(default)]
    pub(crate) shown: Option<Here>,
    /// Where one of another machine finds it.
    #[serde(default)]
    pub(crate) there: Option<There>,
    /// Whether somebody on another machine may have been let in to the volume.
    #[serde(default)]
    pub(crate) offered: bool,
}

impl Args {
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    if operation.phase == PLACE {
        return place::step(tools, operation, args);
    }
    let (volume, copy) = match load(tools, operation).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return store_failed(&error),
    };
    match operation.phase.as_str() {
        CLEAR => remove::clear(tools, operation, &volume, args, progress).await,
        SHOW | LOOK => match begin(operation, volume, copy, args) {
            Ok(begun) if operation.phase == SHOW => show::show(tools, operation, begun, progress).await,
            Ok(begun) => copy::look(tools, operation, begun, progress).await,
            Err(ended) => *ended,
        },
        KEY => encryption::key(tools, operation, &volume, copy, args).await,
        MAKE => swap::make(tools, operation, args, progress).await,
        ASK => swap::ask(tools, operation, &volume, args).await,
        AWAIT => swap::await_end(operation, &volume, args),
        RELEASE => swap::release(operation, &volume, args),
        DISCARD => swap::discard(tools, operation, &volume, args, progress).await,
        COPY => copy::copy(tools, operation, &volume, copy, args, progress).await,
        SWITCH => switch::step(operation, args),
        TIDY => remove::tidy(tools, operation, &volume, args, progress).await,
        UNDO => remove::undo(tools, operation, &volume, args, progress).await,
        HIDE => hide::hide(tools, operation, &volume, args, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn load(
    tools: &Tools,
    operation: &OperationRow,
) -> Result<Option<(Volume, Option<VolumeCopy>)>, StoreError> {
    let Some(id) = volume::of_key(&operation.resource) else { return Ok(None) };
    tools
        .store
        .read(move |conn| {
            let Some(volume) = store::volumes::get(conn, id)? else { return Ok(None) };
            Ok(Some((volume, store::copies::get(conn, id)?)))
        })
        .await
}

/// A move of which no copy was begun yet.
struct Begun {
    volume: Volume,
    copy: VolumeCopy,
    args: Args,
}

/// The move as its first phases find it, or its end: there is no copy to be made any more, or none is wanted.
fn begin(
    operation: &OperationRow,
    volume: Volume,
    copy: Option<VolumeCopy>,
    args: Args,
) -> Result<Begun, Box<Step>> {
    // A try to show it of which nobody knows the end may have let somebody in.
    let args = Args { offered: args.offered || operation.phase == SHOW, ..args };
    match copy {
        None => Err(Box::new(copy::nothing_made(operation, &volume, args, copy::NO_COPY.to_owned()))),
        Some(_) if operation.abandoned => {
            Err(Box::new(copy::nothing_made(operation, &volume, args, GIVEN_UP.to_owned())))
        }
        Some(copy) => Ok(Begun { volume, copy, args }),
    }
}

/// Goes the way of failure: the copy is removed.
fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(UNDO), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

/// To `phase`, with who looks after what is on `host`.
fn with_backend(operation: &OperationRow, host: &str, phase: &'static str) -> Next {
    let queue = volume_queue(model::service::backend_of(host));
    if operation.queue.as_deref() == Some(&*queue) { Next::Phase(phase) } else { Next::Hand { queue, phase } }
}

/// Ends without a move, for the reason that `args` has. `change` is committed with it.
fn fail(
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    change: impl FnOnce(&Conn<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
) -> Step {
    let why = args.failure.clone().unwrap_or_else(|| "the backend gave up".to_owned());
    let (operation, volume, told) = (operation.clone(), volume.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            change(conn)?;
            end_in_vain(conn, &operation, &volume, &args, &Detail::Backend(told))
        }),
    }
}

/// The same once nobody else is let in to the volume any more, if somebody may be.
fn fail_hidden(
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    change: impl FnOnce(&Conn<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
) -> Step {
    match &volume.host {
        Some(home) if args.offered => Step::Advance {
            next: with_backend(operation, home, HIDE),
            args: Some(args.to_json()),
            change: Box::new(change),
        },
        _ => fail(operation, volume, args, change),
    }
}

/// Ends without a move: the volume is as it was, and its owner learns why.
fn end_in_vain(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
    detail: &Detail,
) -> Result<(), StoreError> {
    store::retypes::give_up(conn, volume.id)?;
    // Of a retype that never began to move it, an earlier migration's end goes on to be told.
    let was_moving = volume.migration_status.is_some_and(MigrationStatus::is_migrating);
    let migration_status = was_moving.then_some(Some(MigrationStatus::Error));
    store::volumes::edit(conn, volume.id, &Edit { migration_status, ..Edit::default() })?;
    rest(conn, volume, args)?;
    let told = operations::why_given_up(conn, operation.id)?.map(Detail::Backend);
    messages::write(conn, operation, About::Volume, action(args), told.as_ref().unwrap_or(detail))
}

/// What is said in messages to have been done.
fn action(args: &Args) -> Action {
    if args.new_type.is_some() { Action::VolumeRetype } else { Action::VolumeMigrate }
}

/// Gives the volume the status that it had, or the one that its attachments say by now.
pub(crate) fn rest(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Result<(), StoreError> {
    if args.meanwhile == args.before {
        return show_detached(conn, volume);
    }
    let rested = volume::rested(conn, volume.id, args.before)?;
    store::volumes::set_status_from(conn, volume.id, &[args.meanwhile], rested).map(drop)
}

/// Who came when the volume had moved and left before the move had ended is gone, which the migration has hidden.
fn show_detached(conn: &Conn<'_>, volume: &Volume) -> Result<(), StoreError> {
    let rested = store::attachments::resting_status(conn, volume.id)?;
    if rested != VolumeStatus::Available {
        return Ok(());
    }
    // One that is `attaching` without an attachment was reserved in the older way.
    let left = [VolumeStatus::Reserved, VolumeStatus::InUse, VolumeStatus::Detaching];
    store::volumes::set_status_from(conn, volume.id, &left, rested).map(drop)
}
