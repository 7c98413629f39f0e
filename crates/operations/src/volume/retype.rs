//! Giving a volume another type: where it is when its pool suits that type, else on another backend, to which it is
//! copied when that is allowed. [`super::relocate`] has the phases.

use ledger::{Progress, Step};
use model::quota::Counted;
use model::service::ReplicationStatus;
use model::{Refusal, Volume, VolumeId, VolumeStatus, VolumeType, VolumeTypeId, encryption, status};
use store::operations::OperationRow;
use store::retypes::Becomes;
use store::{Conn, StoreError};

use super::migrate::begin;
use super::relocate::{self, Args};
use crate::luks::{self, Container};
use crate::quota::{Ask, Limits, gib, of_snapshots};
use crate::{Desk, Refused, Requester, Settings, Tools, volume, volume_type};

pub(crate) const KIND: &str = "volume.retype";

/// Which type, and at what price.
#[derive(Debug, Clone)]
pub struct Retype {
    /// Name or identifier.
    pub new_type: String,
    /// Whether the volume may go to another backend for it.
    pub may_migrate: bool,
    /// Why the requester may not have a volume that can be attached several times; none when it may.
    pub no_multiattach: Option<Refusal>,
}

/// Accepts that a volume gets another type. It is `retyping` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeId, retype: Retype) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, settings| admit(conn, settings, &who, id, retype)).await?;
    desk.hints.give(&queue);
    Ok(())
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: VolumeId,
    retype: Retype,
) -> Result<String, Refused> {
    let volume = volume::find(conn, who, id)?;
    let new_type = volume_type::named(conn, who, &retype.new_type)?;
    check_multiattach(&volume, &new_type, retype.no_multiattach)?;
    check_encryption(conn, &volume, &new_type)?;
    check(conn, &volume, &new_type)?;
    super::create::check_type_limits(volume.size_gib, &new_type)?;
    volume::check_not_frozen(conn, &volume)?;
    volume::check_not_held(conn, &volume)?;
    if volume.consumes_quota {
        let snapshots = store::snapshots::of_volume(conn, id)?;
        let along = snapshots.iter().filter(|it| it.consumes_quota && it.project_id == volume.project_id);
        let (count, along_gib) = of_snapshots(along);
        let asks = [
            Ask { counted: Counted::Volumes, amount: 1 },
            Ask { counted: Counted::Gigabytes, amount: gib(volume.charged_gib).saturating_add(along_gib) },
            Ask { counted: Counted::Snapshots, amount: count },
        ];
        let limits = Limits::read(conn, &volume.project_id)?;
        limits.check_of_type(conn, settings, &volume.project_id, &new_type, &asks)?;
    }
    store::retypes::begin(conn, &volume, new_type.id)?;
    store::volumes::set_status(conn, id, status::RETYPING)?;
    let args = Args {
        before: volume.status,
        meanwhile: status::RETYPING,
        destination: None,
        new_type: Some(new_type.id),
        may_move: retype.may_migrate,
        zone: None,
        failure: None,
        refused_at: None,
        hidden: None,
        shown: None,
        there: None,
        offered: false,
    };
    begin(conn, who, &volume, KIND, &args)
}

fn check_multiattach(
    volume: &Volume,
    new_type: &VolumeType,
    forbidden: Option<Refusal>,
) -> Result<(), Refused> {
    let becomes = new_type.is_multiattach();
    if volume.multiattach == becomes {
        return Ok(());
    }
    if volume.status != VolumeStatus::Available {
        let now = volume.status;
        let why = format!(
            "Invalid volume_type passed, retypes affecting multiattach are only allowed on available volumes, the \
             specified volume however currently has a status of: {now}."
        );
        return Err(Refusal::InvalidInput(why).into());
    }
    match forbidden {
        Some(refusal) if becomes => Err(refusal.into()),
        _ => Ok(()),
    }
}

/// Refuses what can be neither decrypted nor encrypted on the way.
fn check_encryption(conn: &Conn<'_>, volume: &Volume, new_type: &VolumeType) -> Result<(), Refused> {
    let old = store::encryptions::of_type(conn, volume.volume_type_id)?;
    let new = store::encryptions::of_type(conn, new_type.id)?;
    if new.is_some() && new_type.is_multiattach() {
        let why = "Retype requested both encryption and multi-attach, which is not supported.";
        return Err(Refusal::InvalidInput(why.to_owned()).into());
    }
    let differs = encryption::differs(old.as_ref(), new.as_ref());
    let is_attached = !store::attachments::of_volume(conn, volume.id)?.is_empty();
    // What is attached is encrypted anew by who copies it.
    let by_us =
        [old, new].into_iter().flatten().find(|it| differs && !is_attached && Container::of(it).is_none());
    if let Some(unknown) = by_us {
        let (provider, what) = (&unknown.provider, luks::WHAT_IS);
        let why = format!(
            "Invalid volume_type passed, volumes are encrypted anew that are {what}, and not by '{provider}'."
        );
        return Err(Refusal::InvalidInput(why).into());
    }
    Ok(())
}

fn check(conn: &Conn<'_>, volume: &Volume, new_type: &VolumeType) -> Result<(), Refused> {
    let good = status::MOVABLE.contains(&volume.status)
        && !volume.is_migrating()
        && volume.group_id.is_none()
        && volume.volume_type_id != new_type.id
        && (volume.status == VolumeStatus::Available || !changes_front_end(conn, volume, new_type)?);
    if good {
        return Ok(());
    }
    let why = "Retype needs volume to be in available or in-use state, not be part of an active migration or a \
               consistency group, requested type has to be different that the one from the volume, and for in-use \
               volumes front-end qos specs cannot change.";
    Err(Refusal::InvalidVolume(why.to_owned()).into())
}

/// Whether the limits that the compute service enforces would be others.
fn changes_front_end(conn: &Conn<'_>, volume: &Volume, new_type: &VolumeType) -> Result<bool, Refused> {
    let old = store::qos_specs::of_type(conn, volume.volume_type_id)?;
    let new = store::qos_specs::of_type(conn, new_type.id)?;
    if old.as_ref().map(|specs| specs.id) == new.as_ref().map(|specs| specs.id) {
        return Ok(false);
    }
    Ok([old, new].into_iter().flatten().any(|specs| specs.consumer.is_front_end()))
}

/// What `volume` is beside its type once that is `new`.
pub(super) fn becomes(conn: &Conn<'_>, volume: &Volume, new: VolumeTypeId) -> Result<Becomes, StoreError> {
    let old = store::volume_types::get(conn, volume.volume_type_id)?;
    let new = store::volume_types::get(conn, new)?;
    let is_replicated = |of: &Option<VolumeType>| of.as_ref().is_some_and(VolumeType::is_replicated);
    let replication = match (is_replicated(&old), is_replicated(&new)) {
        (false, true) => Some(ReplicationStatus::Enabled),
        (true, false) => Some(ReplicationStatus::Disabled),
        _ => None,
    };
    let multiattach = new.is_some_and(|it| it.is_multiattach());
    Ok(Becomes { multiattach, replication })
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    relocate::step(tools, operation, progress).await
}
