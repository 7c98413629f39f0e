//! What a new volume is when the request leaves it open: its type, its size, its zone.

use model::service::{Binary, ReplicationStatus};
use model::{Backup, Group, GroupStatus, Refusal, VolumeType};
use store::{Conn, StoreError};

use super::origin::Origin;
use crate::volume_type::{default_type, named};
use crate::{Refused, Requester, Settings, group};

/// The type that the request names.
pub(super) fn named_type(
    conn: &Conn<'_>,
    who: &Requester,
    asked: Option<&str>,
) -> Result<Option<VolumeType>, Refused> {
    asked.map(|asked| named(conn, who, asked)).transpose()
}

/// The type of the source, or else the default one.
pub(super) fn implied_type(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    origin: Option<&Origin>,
) -> Result<VolumeType, Refused> {
    if let Some(origin) = origin
        && let Some(found) = store::volume_types::get(conn, origin.volume.volume_type_id)?
    {
        return Ok(found);
    }
    default_type(conn, settings, who)
}

/// A copy is made on the backend of its source, so the two types have to choose the same one, unless there is only one.
pub(super) fn check_compatible(conn: &Conn<'_>, chosen: &VolumeType, origin: &Origin) -> Result<(), Refused> {
    if chosen.id == origin.volume.volume_type_id {
        return Ok(());
    }
    let of_source = store::volume_types::get(conn, origin.volume.volume_type_id)?;
    let readable = !encryption_differs(conn, chosen, origin)?;
    let backend_name =
        |volume_type: &VolumeType| volume_type.extra_specs.get("volume_backend_name").map(str::to_owned);
    if readable && of_source.as_ref().and_then(backend_name) == backend_name(chosen) {
        return Ok(());
    }
    let backends = store::services::list(conn)?.into_iter().filter(|it| it.binary == Binary::Volume);
    if readable && backends.count() == 1 {
        return Ok(());
    }
    let advice = if origin.snapshot.is_some() {
        "recommend omitting the type argument"
    } else {
        "either match source volume, or omit type argument"
    };
    let id = chosen.id;
    let why = format!("Invalid volume_type provided: {id} (requested type is not compatible; {advice}).");
    Err(Refusal::InvalidInput(why).into())
}

/// A volume joins a group with a type that the group takes, while the group is there or about to be.
pub(super) fn check_group_takes(group: &Group, named: Option<&VolumeType>) -> Result<(), Refused> {
    let Some(named) = named else {
        let why = "volume_type must be provided when creating a volume in a group.";
        return Err(Refusal::InvalidInput(why.to_owned()).into());
    };
    if !group.volume_type_ids.contains(&named.id) {
        let id = named.id;
        let why =
            format!("Invalid volume_type provided: {id} (requested type must be supported by this group).");
        return Err(Refusal::InvalidInput(why).into());
    }
    if !matches!(group.status, GroupStatus::Available | GroupStatus::Creating) {
        let why = "Originating group status must be one of 'available, creating' values";
        return Err(Refusal::InvalidGroup(why.to_owned()).into());
    }
    Ok(())
}

/// Refuses a type whose volumes could not be encrypted as it says.
pub(super) fn check_encryption(conn: &Conn<'_>, chosen: &VolumeType) -> Result<(), Refused> {
    if !chosen.is_encrypted {
        return Ok(());
    }
    let encryption = store::encryptions::of_type(conn, chosen.id)?;
    if encryption.is_none_or(|encryption| encryption.key().is_none()) {
        return Err(Refusal::BadRequest("Invalid encryption spec".to_owned()).into());
    }
    if chosen.is_multiattach() {
        let why = "Multiattach cannot be used with encrypted volumes.";
        return Err(Refusal::InvalidVolume(why.to_owned()).into());
    }
    Ok(())
}

/// Whether what was written under the type of the source could not be read under `chosen`.
fn encryption_differs(conn: &Conn<'_>, chosen: &VolumeType, origin: &Origin) -> Result<bool, Refused> {
    let old = store::encryptions::of_type(conn, origin.volume.volume_type_id)?;
    let new = store::encryptions::of_type(conn, chosen.id)?;
    Ok(model::encryption::differs(old.as_ref(), new.as_ref()))
}

/// The size that was asked for, or that of the source.
pub(super) fn size_gib(
    asked: Option<u64>,
    origin: Option<&Origin>,
    backup: Option<&Backup>,
) -> Result<u64, Refused> {
    if let Some(least) = backup.map(|backup| backup.size_gib) {
        let asked = asked.unwrap_or(least);
        if asked < least {
            let why = format!(
                "Volume size {asked}GB cannot be smaller than the backup size {least}GB. It must be >= backup size."
            );
            return Err(Refusal::InvalidInput(why).into());
        }
        return Ok(asked);
    }
    match (asked, origin) {
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
            Err(Refusal::InvalidInput(why).into())
        }
        (Some(asked), _) => Ok(asked),
        (None, Some(origin)) => Ok(origin.size_gib()),
        (None, None) => {
            let why = "Volume size 'None' must be an integer and greater than 0";
            Err(Refusal::InvalidInput(why.to_owned()).into())
        }
    }
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
            "Specified volume size of '{size_gib}' is greater than the maximum allowable size of '{most}' for volume \
             type '{name}'."
        );
        return Err(Refusal::InvalidInput(why).into());
    }
    Ok(())
}

/// The zone that the volume has to go to: the one asked for, that of the source, or the default one, unless the type
/// names zones. None lets it go to any.
pub(super) fn zone(
    conn: &Conn<'_>,
    settings: &Settings,
    asked: Option<&String>,
    origin: Option<&Origin>,
    volume_type: &VolumeType,
) -> Result<Option<String>, Refused> {
    let home = origin.map(|origin| origin.volume.availability_zone.as_str());
    let of_type = volume_type.availability_zones();
    if let Some(zones) = &of_type {
        check_some_known(conn, settings, zones)?;
    }
    let asked = asked.map(String::as_str).or(home);
    let asked = asked.or_else(|| of_type.is_none().then_some(settings.default_zone.as_str()));
    let Some(asked) = asked else { return Ok(None) };
    let chosen = match (is_known_zone(conn, settings, asked)?, &of_type) {
        (true, None) => asked,
        (true, Some(zones)) if zones.iter().any(|zone| zone == asked) => asked,
        _ if settings.zone_fallback => settings.default_zone.as_str(),
        _ => {
            return Err(Refusal::BadRequest(format!("Availability zone '{asked}' is invalid.")).into());
        }
    };
    if settings.cloned_volume_same_zone && home.is_some_and(|home| home != chosen) {
        let from_snapshot = origin.is_some_and(|origin| origin.snapshot.is_some());
        let what = if from_snapshot { "snapshot" } else { "source volume" };
        let why = format!("Volume must be in the same availability zone as the {what}");
        return Err(Refusal::InvalidInput(why).into());
    }
    Ok(Some(chosen.to_owned()))
}

/// Refuses a type that can only be used where nothing is.
fn check_some_known(conn: &Conn<'_>, settings: &Settings, zones: &[String]) -> Result<(), Refused> {
    for zone in zones {
        if is_known_zone(conn, settings, zone)? {
            return Ok(());
        }
    }
    let listed: Vec<String> = zones.iter().map(|zone| format!("'{zone}'")).collect();
    let listed = listed.join(", ");
    let why = format!("Volume type is only supported in these availability zones: [{listed}]");
    Err(Refusal::BadRequest(why).into())
}

/// The default zone is always there; the others are where backends are.
pub(crate) fn is_known_zone(conn: &Conn<'_>, settings: &Settings, zone: &str) -> Result<bool, Refused> {
    if zone == settings.default_zone {
        return Ok(true);
    }
    let mut services = store::services::list(conn)?.into_iter();
    Ok(services.any(|service| service.binary == Binary::Volume && service.availability_zone == zone))
}

/// How a new volume is replicated: as its type says, or not before its group is.
pub(super) fn replication(
    conn: &Conn<'_>,
    volume_type: &VolumeType,
    group: Option<&Group>,
) -> Result<Option<ReplicationStatus>, StoreError> {
    if !volume_type.is_replicated() {
        return Ok(None);
    }
    let waits = group.map(|group| group::replication::is_by_itself(conn, group)).transpose()?;
    Ok(Some(if waits == Some(true) { ReplicationStatus::Disabled } else { ReplicationStatus::Enabled }))
}
