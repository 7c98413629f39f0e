//! Taking over what lies on a backend already.
//!
//! ```text
//! accept ──▶ place (scheduler) ──▶ look (backend) ──▶ adopt ──▶ available
//!              │ no pool             │ cannot be        │ gives up
//!              ▼                     ▼                  ▼
//!         error_managing       error_managing      hand back ──▶ error_managing
//! ```
//!
//! How large it is nobody knows before it was looked at; then the project and the pool are charged, and only then it
//! gets our name. A volume whose take-over failed has nothing on the backend that is its own.

mod accept;
mod adopt;
mod look;

pub use accept::{Manage, accept};

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Timestamp, VolumeId, VolumeStatus};
use placement::Request;
use ports::volume::Reference;
use serde::{Deserialize, Serialize};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::placing::{self, Outcome};
use crate::{Tools, volume, volume_queue};

pub(crate) const KIND: &str = "volume.manage";

/// Choosing the pool, where the request named only the backend, and seeing whether it suits the type.
const PLACE: &str = "place";
/// Looking at what is to be taken over.
const LOOK: &str = "look";
/// Taking it over.
const ADOPT: &str = "adopt";
/// Giving it the name back that it had.
const HAND_BACK: &str = "hand-back";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    reference: Reference,
    /// The backend or pool that was named.
    place: String,
    /// How large it was found to be.
    size_gib: u64,
    /// Why it was given up.
    failure: String,
    /// When no pool took it for the first time.
    refused_at: Option<Timestamp>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        PLACE => place(tools, operation, args),
        LOOK => look::step(tools, operation, args, progress).await,
        ADOPT => adopt::step(tools, operation, args, progress).await,
        HAND_BACK => adopt::hand_back(tools, operation, args, progress).await,
        _ => unknown_phase(operation),
    }
}

fn place(tools: &Tools, operation: &OperationRow, mut args: Args) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let Some(volume) = store::volumes::get(conn, id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if operation.abandoned {
            return fail(conn, &operation, id, GIVEN_UP);
        }
        // It takes no space that it does not have already.
        let mut request = Request::create(0);
        request.resource_backend = Some(args.place.clone());
        placing::describe(conn, &mut request, &volume)?;
        match placer.choose(conn, request)? {
            Outcome::Placed { host, .. } => {
                store::volumes::place(conn, &volume, &host, &volume.availability_zone)?;
                let queue = volume_queue(model::service::backend_of(&host));
                Ok((Next::Hand { queue, phase: LOOK }, None))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut args.refused_at) {
                Ok(wait) => Ok((wait, Some(args.to_json()))),
                Err(why) => fail(conn, &operation, id, &why),
            },
        }
    }))
}

/// Nothing is taken over: the volume is charged with nothing, and can only be deleted.
fn fail(
    conn: &Conn<'_>,
    operation: &OperationRow,
    id: VolumeId,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    store::volumes::charge(conn, id, 0)?;
    store::volumes::set_size(conn, id, 0)?;
    store::volumes::set_status_from(conn, id, &[VolumeStatus::Managing], VolumeStatus::ErrorManaging)?;
    let detail = Detail::Backend(why.to_owned());
    messages::write(conn, operation, About::Volume, Action::CreateVolumeFromBackend, &detail)?;
    Ok((Next::Failed(why.to_owned()), None))
}

/// The same as a step.
fn failed(operation: &OperationRow, id: VolumeId, why: String) -> Step {
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| fail(conn, &operation, id, &why)))
}
