//! Placing: one transaction that chooses a pool, charges it, and hands the volume to its backend.

use std::sync::Arc;

use ledger::{Next, Step};
use model::message::Action;
use model::{GroupStatus, Volume};
use placement::Request;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::locality::Unknown;
use super::{Args, KEY, PROVISION, locality};
use crate::failure::{GIVEN_UP, vanished};
use crate::messages::{self, About, Detail};
use crate::placing::{self, Outcome};
use crate::{Tools, failure, group, keys, volume, volume_queue};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, mut args: Args) -> Step {
    let unknown = match locality::find(tools, operation, &mut args).await {
        Ok(()) => None,
        Err(Unknown::Again(step)) => return step,
        Err(Unknown::Never(why)) => Some(why),
    };
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    // What cannot be read now is read where it is decided, or fails there.
    if let Err(error) = tools.placer.refresh(&tools.store).await {
        tracing::debug!(error = error.chain(), "the pools that are remembered could not be read anew");
    }
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let mut args = args;
        let Some(volume) = store::volumes::get(conn, id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if operation.abandoned {
            return fail(conn, &operation, &volume, GIVEN_UP);
        }
        if let Some(why) = &unknown {
            return fail(conn, &operation, &volume, why);
        }
        let home = match group_home(conn, &volume, &args)? {
            Home::Unknown => {
                return Ok((failure::wait(conn, operation.created_at, "a place for its group"), None));
            }
            Home::Impossible(why) => return fail(conn, &operation, &volume, &why),
            Home::On(home) => home,
        };
        let request = request(conn, &volume, &args, home)?;
        match placer.choose(conn, request)? {
            Outcome::Placed { host, zone } => {
                store::volumes::place(conn, &volume, &host, &zone)?;
                let queue = volume_queue(model::service::backend_of(&host));
                let phase = if keys::may_have_one(conn, &volume)? { KEY } else { PROVISION };
                Ok((Next::Hand { queue, phase }, None))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut args.refused_at) {
                Ok(wait) => Ok((wait, Some(args.to_json()))),
                Err(why) => fail(conn, &operation, &volume, &after_failures(&args, &why)),
            },
        }
    }))
}

/// Where a volume has to go because of its group.
enum Home {
    /// To this backend (`host@backend`); to any when none.
    On(Option<String>),
    /// Nobody knows yet.
    Unknown,
    /// Nowhere.
    Impossible(String),
}

fn group_home(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Result<Home, StoreError> {
    let source = args.pinned_to.clone();
    let group = volume.group_id.map(|id| store::groups::get(conn, id)).transpose()?.flatten();
    let Some(group) = group else { return Ok(Home::On(source)) };
    let home = group::backend(&group).map(str::to_owned);
    Ok(match (home, source) {
        (None, _) if group.status == GroupStatus::Creating => Home::Unknown,
        (None, _) => Home::Impossible(format!("its group {} has no backend", group.id)),
        (Some(home), Some(source)) if home != source => {
            Home::Impossible(format!("its group is on {home}, and its source on {source}"))
        }
        (home, _) => Home::On(home),
    })
}

fn request(
    conn: &Conn<'_>,
    volume: &Volume,
    args: &Args,
    home: Option<String>,
) -> Result<Request, StoreError> {
    let mut request = Request::create(volume.size_gib);
    request.availability_zone = args.zone.clone();
    request.availability_zones = args.type_zones.clone();
    request.resource_backend = home;
    request.attempted = args.tried.clone();
    request.hints = args.hints.clone();
    request.instance_host = args.instance_host.clone();
    placing::describe(conn, &mut request, volume)?;
    Ok(request)
}

/// When backends were tried before, their failure says more than the refusal that is left.
fn after_failures(args: &Args, why: &str) -> String {
    match &args.failure {
        Some(failure) => format!("{} failed: {failure}; then {why}", args.tried.join(", ")),
        None => why.to_owned(),
    }
}

fn fail(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    super::set_failed(conn, volume.id)?;
    let detail = Detail::NoPool(why.to_owned());
    messages::write(conn, operation, About::Volume, Action::ScheduleAllocateVolume, &detail)?;
    Ok((Next::Failed(why.to_owned()), None))
}
