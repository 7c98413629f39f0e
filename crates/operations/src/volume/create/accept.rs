//! Admission of a new volume: everything that can be known at once is checked here, in one transaction.

use model::quota::Counted;
use model::refusal::Noun;
use model::{
    AttachStatus, Metadata, Refusal, Snapshot, SnapshotId, SnapshotStatus, Volume, VolumeId, VolumeStatus,
    VolumeType, VolumeTypeId, status,
};
use serde_json::{Map, Value};
use store::Conn;
use store::operations::{self, NewOperation};

use super::{Args, KIND, PLACE, SourceId};
use crate::quota::{self, Ask, gib};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, snapshot, volume, volume_type};

/// A request for a volume.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Size in GiB; none takes the size of the source.
    pub size_gib: Option<u64>,
    /// Name or identifier of the type.
    pub volume_type: Option<String>,
    /// Zone.
    pub availability_zone: Option<String>,
    /// Pairs.
    pub metadata: Metadata,
    /// Where the content comes from.
    pub source: Option<Source>,
    /// Scheduler hints.
    pub hints: Map<String, Value>,
}

/// Where the content of a new volume comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A snapshot.
    Snapshot(SnapshotId),
    /// Another volume.
    Volume(VolumeId),
}

/// The source as admission sees it.
struct Origin {
    volume: Volume,
    snapshot: Option<Snapshot>,
}

impl Origin {
    fn size_gib(&self) -> u64 {
        self.snapshot.as_ref().map_or(self.volume.size_gib, |snapshot| snapshot.size_gib)
    }
}

/// Accepts a request for a volume. The volume is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<(Volume, VolumeType), Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Create,
) -> Result<(Volume, VolumeType), Refused> {
    (who.may)(&who.project_id, &who.user_id)?;
    let origin = request.source.map(|source| find_origin(conn, who, source)).transpose()?;
    let volume_type = choose_type(conn, settings, who, request.volume_type.as_deref(), origin.as_ref())?;
    let size_gib = choose_size(&request, origin.as_ref(), &volume_type)?;
    let zone = choose_zone(conn, settings, &request, origin.as_ref())?;

    quota::check_size(conn, settings, &who.project_id, size_gib)?;
    let asks = [
        Ask { counted: Counted::Volumes, amount: 1 },
        Ask { counted: Counted::Gigabytes, amount: gib(size_gib) },
    ];
    quota::check(conn, settings, &who.project_id, &volume_type, &asks)?;

    let row = row(conn, settings, who, &request, origin.as_ref(), &volume_type, size_gib, zone.clone());
    store::volumes::insert(conn, &row)?;
    operations::admit(conn, &operation(who, &request, origin.as_ref(), &volume_type, &row, zone))?;
    Ok((row, volume_type))
}

fn find_origin(conn: &Conn<'_>, who: &Requester, source: Source) -> Result<Origin, Refused> {
    match source {
        Source::Snapshot(id) => {
            let snapshot = snapshot::find(conn, who, id)?;
            if snapshot.status != SnapshotStatus::Available {
                let why = "Originating snapshot status must be one of 'available' values";
                return Err(Refusal::InvalidSnapshot(why.to_owned()).into());
            }
            let volume = store::volumes::get(conn, snapshot.volume_id)?;
            let volume = volume.ok_or_else(|| Refusal::not_found(Noun::Volume, snapshot.volume_id))?;
            Ok(Origin { volume, snapshot: Some(snapshot) })
        }
        Source::Volume(id) => {
            let volume = volume::find(conn, who, id)?;
            if !status::CLONEABLE.contains(&volume.status) {
                let why = "Originating source volume status must be one of 'available, in-use' values";
                return Err(Refusal::InvalidVolume(why.to_owned()).into());
            }
            Ok(Origin { volume, snapshot: None })
        }
    }
}

fn choose_type(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    asked: Option<&str>,
    origin: Option<&Origin>,
) -> Result<VolumeType, Refused> {
    let Some(asked) = asked else {
        if let Some(origin) = origin
            && let Some(found) = store::volume_types::get(conn, origin.volume.volume_type_id)?
        {
            return Ok(found);
        }
        return volume_type::default_type(conn, settings);
    };
    let by_id = asked.parse::<VolumeTypeId>().ok();
    let found = match by_id {
        Some(id) => store::volume_types::get(conn, id)?,
        None => store::volume_types::by_name(conn, asked)?,
    };
    let noun = if by_id.is_some() { Noun::VolumeType } else { Noun::VolumeTypeByName };
    let visible = found.filter(|found| who.is_admin || found.is_visible_to(&who.project_id));
    let chosen = visible.ok_or_else(|| Refusal::not_found(noun, asked))?;
    if let Some(origin) = origin {
        check_compatible(conn, &chosen, origin)?;
    }
    Ok(chosen)
}

/// A copy is made on the backend of its source, so the two types have to choose the same one.
fn check_compatible(conn: &Conn<'_>, chosen: &VolumeType, origin: &Origin) -> Result<(), Refused> {
    if chosen.id == origin.volume.volume_type_id {
        return Ok(());
    }
    let of_source = store::volume_types::get(conn, origin.volume.volume_type_id)?;
    let backend_name =
        |volume_type: &VolumeType| volume_type.extra_specs.get("volume_backend_name").map(str::to_owned);
    if of_source.as_ref().and_then(backend_name) == backend_name(chosen) {
        return Ok(());
    }
    let why = format!(
        "Invalid volume_type provided: {} (requested type is not compatible; either match source volume, or omit \
         type argument).",
        chosen.id
    );
    Err(Refusal::InvalidInput(why).into())
}

fn choose_size(request: &Create, origin: Option<&Origin>, volume_type: &VolumeType) -> Result<u64, Refused> {
    let size_gib = match (request.size_gib, origin) {
        (Some(asked), Some(origin)) if asked < origin.size_gib() => {
            let least = origin.size_gib();
            let why = if origin.snapshot.is_some() {
                format!(
                    "Volume size '{asked}'GB cannot be smaller than the snapshot size {least}GB. They must be >= \
                     original snapshot size."
                )
            } else {
                format!(
                    "Volume size '{asked}'GB cannot be smaller than original volume size  {least}GB. They must be >= \
                     original volume size."
                )
            };
            return Err(Refusal::InvalidInput(why).into());
        }
        (Some(asked), _) => asked,
        (None, Some(origin)) => origin.size_gib(),
        (None, None) => {
            let why = "Invalid volume size provided for create request: None (size argument must be an integer (or \
                       string representation of an integer) and greater than zero).";
            return Err(Refusal::InvalidInput(why.to_owned()).into());
        }
    };
    check_type_limits(size_gib, volume_type)?;
    Ok(size_gib)
}

/// The smallest and largest sizes that a volume type allows (`provisioning:min_vol_size`, `…max_vol_size`).
pub(crate) fn check_type_limits(size_gib: u64, volume_type: &VolumeType) -> Result<(), Refused> {
    let name = &volume_type.name;
    if let Some(least) = volume_type.gib_spec("provisioning:min_vol_size").filter(|least| size_gib < *least) {
        let why = format!(
            "Specified volume size of '{size_gib}' is less than the minimum required size of '{least}' for volume \
             type '{name}'."
        );
        return Err(Refusal::InvalidInput(why).into());
    }
    if let Some(most) = volume_type.gib_spec("provisioning:max_vol_size").filter(|most| size_gib > *most) {
        let why = format!(
            "Specified volume size of '{size_gib}' is larger than the maximum allowed size of '{most}' for volume \
             type '{name}'."
        );
        return Err(Refusal::InvalidInput(why).into());
    }
    Ok(())
}

/// The zone that the volume has to go to; none lets it go to any.
fn choose_zone(
    conn: &Conn<'_>,
    settings: &Settings,
    request: &Create,
    origin: Option<&Origin>,
) -> Result<Option<String>, Refused> {
    let asked = request.availability_zone.as_deref();
    if let Some(origin) = origin.filter(|_| settings.cloned_volume_same_zone) {
        let home = &origin.volume.availability_zone;
        if asked.is_some_and(|asked| asked != home) {
            let what = if origin.snapshot.is_some() { "snapshot" } else { "source volume" };
            let why = format!("Volume must be in the same availability zone as the {what}");
            return Err(Refusal::InvalidInput(why).into());
        }
        return Ok(Some(home.clone()));
    }
    let Some(asked) = asked else { return Ok(None) };
    let known = store::services::list(conn)?.iter().any(|service| service.availability_zone == asked);
    if known {
        return Ok(Some(asked.to_owned()));
    }
    if settings.zone_fallback {
        return Ok(Some(settings.default_zone.clone()));
    }
    Err(Refusal::BadRequest(format!("Availability zone '{asked}' is invalid.")).into())
}

#[allow(clippy::too_many_arguments, reason = "each is one decided fact of the new row")]
fn row(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: &Create,
    origin: Option<&Origin>,
    volume_type: &VolumeType,
    size_gib: u64,
    zone: Option<String>,
) -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name.clone(),
        description: request.description.clone(),
        size_gib,
        charged_gib: size_gib,
        consumes_quota: true,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: volume_type.id,
        availability_zone: zone.unwrap_or_else(|| settings.default_zone.clone()),
        host: None,
        bootable: origin.is_some_and(|origin| origin.volume.bootable),
        multiattach: volume_type.is_multiattach(),
        readonly: None,
        snapshot_id: origin.and_then(|origin| origin.snapshot.as_ref()).map(|snapshot| snapshot.id),
        source_volid: origin.filter(|origin| origin.snapshot.is_none()).map(|origin| origin.volume.id),
        group_id: None,
        provider_location: None,
        provider_id: None,
        metadata: request.metadata.clone(),
        image_metadata: origin.map(|origin| origin.volume.image_metadata.clone()).unwrap_or_default(),
        created_at: conn.now(),
        updated_at: None,
        launched_at: None,
    }
}

fn operation(
    who: &Requester,
    request: &Create,
    origin: Option<&Origin>,
    volume_type: &VolumeType,
    row: &Volume,
    zone: Option<String>,
) -> NewOperation {
    let source = request.source.map(|source| match source {
        Source::Snapshot(id) => SourceId::Snapshot(id),
        Source::Volume(id) => SourceId::Volume(id),
    });
    let args = Args {
        zone,
        type_zones: volume_type.availability_zones().unwrap_or_default(),
        source,
        pinned_to: origin.and_then(|origin| volume::backend(&origin.volume)).map(str::to_owned),
        hints: request.hints.clone(),
        tried: Vec::new(),
        failure: None,
    };
    let reads = match source {
        Some(SourceId::Snapshot(id)) => vec![snapshot::key(id)],
        Some(SourceId::Volume(id)) => vec![volume::key(id)],
        None => Vec::new(),
    };
    NewOperation {
        kind: KIND,
        resource: volume::key(row.id),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        request_id: who.request_id.clone(),
        queue: SCHEDULER_QUEUE.to_owned(),
        phase: PLACE,
        args: args.to_json(),
        reads,
    }
}
