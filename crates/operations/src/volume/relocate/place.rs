//! Placing: one transaction that decides whether the volume has to move, chooses a pool, charges it with the copy, and
//! hands the operation to its backend.

use std::sync::Arc;

use ledger::{Next, Step};
use model::service::{backend_of, pool_of};
use model::{MigrationStatus, Volume, VolumeId, VolumeStatus};
use placement::Request;
use store::copies::Wanted;
use store::operations::{self, OperationRow};
use store::volumes::Edit;
use store::{Conn, StoreError};

use super::reach::Way;
use super::{Args, LOOK, Reach, SHOW, encryption, end_in_vain, rest, swap};
use crate::failure::{GIVEN_UP, vanished};
use crate::messages::Detail;
use crate::placing::{self, Outcome, Placer};
use crate::volume::migrate::{NO_COMPUTE, is_replicated};
use crate::volume::retype;
use crate::{Tools, volume, volume_queue};

type Decided = Result<(Next, Option<String>), StoreError>;

pub(super) fn step(tools: &Tools, operation: &OperationRow, args: Args) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    let settings = Arc::clone(&tools.settings);
    let asks_compute = tools.compute.is_some();
    Step::Decide(Box::new(move |conn| {
        let mut args = args;
        let found = store::volumes::get(conn, id)?;
        let Some((volume, host)) = found.and_then(|volume| volume.host.clone().map(|host| (volume, host)))
        else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if operations::is_abandoned(conn, operation.id)? {
            return stays(conn, &operation, &volume, &args, Detail::Backend, GIVEN_UP);
        }
        let request = request(conn, &volume, &args)?;
        let encrypts = encryption::changes(conn, &volume, args.new_type)?;
        if args.new_type.is_some() {
            match stay(conn, &placer, &request, &host)? {
                Outcome::Placed { .. } if !encrypts => return retyped_in_place(conn, &volume, &args),
                Outcome::Placed { .. } | Outcome::Nowhere(_) => {}
            }
        }
        if let Some(why) = cannot_move(conn, &volume, &args, asks_compute)? {
            return stays(conn, &operation, &volume, &args, Detail::Backend, &why);
        }
        let home = backend_of(&host);
        // What is attached is copied by the compute service, wherever it goes.
        let attached = is_attached(conn, &volume, &args)?;
        let reach = if attached { None } else { Some(Reach::read(conn, &settings, home)?) };
        match choose(conn, &placer, request, &host, (encrypts, reach.as_ref()))? {
            Outcome::Placed { host: to, zone } => {
                args.zone = Some(zone);
                let edit =
                    Edit { migration_status: Some(Some(MigrationStatus::Migrating)), ..Edit::default() };
                store::volumes::edit(conn, id, &edit)?;
                let to_backend = backend_of(&to);
                let (who, phase) = match attached {
                    true => (to_backend, swap::place(conn, &volume, &mut args, &to, encrypts)?),
                    false => {
                        place_copy(conn, &volume, &to, encrypts)?;
                        match reach.is_none_or(|reach| reach.way_to(to_backend) == Way::Own) {
                            true => (to_backend, LOOK),
                            false => (home, SHOW),
                        }
                    }
                };
                Ok((Next::Hand { queue: volume_queue(who), phase }, Some(args.to_json())))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut args.refused_at) {
                Ok(wait) => Ok((wait, Some(args.to_json()))),
                Err(why) => stays(conn, &operation, &volume, &args, Detail::NoPool, &why),
            },
        }
    }))
}

/// Chooses a pool for the copy. What is encrypted anew may stay on its backend.
fn choose(
    conn: &Conn<'_>,
    placer: &Placer,
    request: Request,
    host: &str,
    (encrypts, reach): (bool, Option<&Reach>),
) -> Result<Outcome, StoreError> {
    let out_of_reach = |to: &str| reach.and_then(|reach| reach.why_not(to));
    if let Some(pool) = request.resource_backend.as_deref().filter(|it| pool_of(it).is_some()) {
        return match out_of_reach(pool) {
            Some(why) => Ok(Outcome::out_of_reach(why)),
            None => placer.choose(conn, request),
        };
    }
    if encrypts {
        let here = Request { resource_backend: Some(host.to_owned()), ..request.clone() };
        if let placed @ Outcome::Placed { .. } = placer.choose(conn, here)? {
            return Ok(placed);
        }
    }
    placer.choose_elsewhere(conn, request, backend_of(host), out_of_reach)
}

/// Places the copy, under a name of its own where the volume's is taken.
fn place_copy(conn: &Conn<'_>, volume: &Volume, to: &str, encrypts: bool) -> Result<(), StoreError> {
    let is_taken = volume::backend(volume) == Some(backend_of(to));
    let name_id = if is_taken || encrypts { Some(VolumeId::random()) } else { volume.name_id };
    store::copies::place(conn, volume, Wanted { host: to, name_id, own_key: encrypts })
}

fn is_attached(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Result<bool, StoreError> {
    let used = args.before == VolumeStatus::InUse;
    Ok(used || !store::attachments::of_volume(conn, volume.id)?.is_empty())
}

fn request(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Result<Request, StoreError> {
    let mut wanted = volume.clone();
    wanted.volume_type_id = args.new_type.unwrap_or(volume.volume_type_id);
    let mut request = Request::create(volume.size_gib);
    request.resource_backend = args.destination.clone();
    request.availability_zone = Some(volume.availability_zone.clone());
    if let Some(volume_type) = store::volume_types::get(conn, wanted.volume_type_id)? {
        request.availability_zones = volume_type.availability_zones().unwrap_or_default();
    }
    placing::describe(conn, &mut request, &wanted)?;
    Ok(request)
}

/// Whether the new type allows the pool where the volume is.
fn stay(conn: &Conn<'_>, placer: &Placer, request: &Request, host: &str) -> Result<Outcome, StoreError> {
    let mut here = request.clone();
    here.exists_on = Some(host.to_owned());
    here.resource_backend = Some(host.to_owned());
    placer.choose(conn, here)
}

/// Nothing on the backend depends on the type: it is a matter of rows.
fn retyped_in_place(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Decided {
    finish_retype(conn, volume, args)?;
    rest(conn, volume, args)?;
    Ok((Next::Done, None))
}

/// Gives the volume its new type.
pub(super) fn finish_retype(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Result<(), StoreError> {
    let Some(new_type) = args.new_type else { return Ok(()) };
    store::retypes::finish(conn, volume, retype::becomes(conn, volume, new_type)?)
}

fn cannot_move(
    conn: &Conn<'_>,
    volume: &Volume,
    args: &Args,
    asks_compute: bool,
) -> Result<Option<String>, StoreError> {
    if !args.may_move {
        return Ok(Some("Retype requires migration but is not allowed.".to_owned()));
    }
    if !store::snapshots::of_volume(conn, volume.id)?.is_empty() {
        return Ok(Some("Volume must not have snapshots.".to_owned()));
    }
    if is_replicated(volume) {
        return Ok(Some("Volume must not be replicated.".to_owned()));
    }
    match is_attached(conn, volume, args)? {
        false => Ok(store::guests::of_volume(conn, volume.id)?.first().map(|(guest, _)| {
            let host = guest.host().or(guest.initiator()).unwrap_or("a host");
            format!("Without an attachment, {host} is let in to it.")
        })),
        true if !asks_compute => Ok(Some(format!("It is attached: {NO_COMPUTE}."))),
        true => swap::cannot(conn, volume),
    }
}

fn stays(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
    detail: fn(String) -> Detail,
    why: &str,
) -> Decided {
    end_in_vain(conn, operation, volume, args, &detail(why.to_owned()))?;
    Ok((Next::Failed(why.to_owned()), None))
}
