//! Admission of a take-over.

use model::quota::Counted;
use model::{AttachStatus, Metadata, Refusal, Volume, VolumeId, VolumeStatus, VolumeType};
use ports::volume::Reference;
use store::Conn;
use store::operations::{self, NewOperation};

use super::{Args, KIND, PLACE};
use crate::quota::{Ask, Limits};
use crate::service::target::{Target, Unusable, unavailable};
use crate::volume::edit::check_metadata_size;
use crate::volume_type::{default_type, named};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, volume};

/// A request to take something over.
#[derive(Debug, Clone)]
pub struct Manage {
    /// Where it is.
    pub target: Target,
    /// What it is.
    pub reference: Reference,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Name or identifier; none is the default type.
    pub volume_type: Option<String>,
    /// Its zone; none is that of the backend.
    pub availability_zone: Option<String>,
    /// Whether a machine can boot from it.
    pub bootable: bool,
    /// Pairs.
    pub metadata: Metadata,
}

/// Accepts a take-over. The volume is `managing`, of no size, when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Manage) -> Result<(Volume, VolumeType), Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Manage,
) -> Result<(Volume, VolumeType), Refused> {
    (who.may)(&who.project_id, &who.user_id)?;
    check_metadata_size(&request.metadata)?;
    let volume_type = match request.volume_type.as_deref().filter(|asked| !asked.is_empty()) {
        Some(asked) => named(conn, who, asked).map_err(|refused| unknown_type(refused, asked))?,
        None => default_type(conn, settings, who)?,
    };
    if volume_type.is_encrypted {
        let why = "Managing to an encrypted volume type is not supported.";
        return Err(Refusal::BadRequest(why.to_owned()).into());
    }
    let service = request.target.service(conn, settings)?.map_err(|why| unusable(why, &request.target))?;
    let asks = [Ask { counted: Counted::Volumes, amount: 1 }];
    Limits::read(conn, &who.project_id)?.check(conn, settings, &who.project_id, &volume_type, &asks)?;
    let place = match &request.target {
        Target::Host(host) => host.clone(),
        Target::Cluster(_) => service.host,
    };
    let zone = request.availability_zone.clone().unwrap_or(service.availability_zone);
    let args = Args {
        reference: request.reference.clone(),
        place,
        size_gib: 0,
        failure: String::new(),
        refused_at: None,
    };
    let row = row(conn, who, request, &volume_type, zone);
    store::volumes::insert(conn, &row)?;
    operations::admit(
        conn,
        &NewOperation {
            args: args.to_json(),
            ..who.operation(KIND, volume::key(row.id), SCHEDULER_QUEUE.to_owned(), PLACE)
        },
    )?;
    Ok((row, volume_type))
}

fn unknown_type(refused: Refused, asked: &str) -> Refused {
    match refused {
        Refused::Refusal(Refusal::NotFound { .. }) => {
            Refusal::InvalidVolumeType(format!("Cannot find requested '{asked}' volume type")).into()
        }
        other => other,
    }
}

fn unusable(why: Unusable, target: &Target) -> Refused {
    let (noun, name) = match target {
        Target::Host(host) => ("Host", host),
        Target::Cluster(cluster) => ("Cluster", cluster),
    };
    match why {
        Unusable::Down => unavailable(),
        Unusable::Missing => Refusal::BadRequest(format!("{noun} '{name}' not found")).into(),
    }
}

fn row(
    conn: &Conn<'_>,
    who: &Requester,
    request: Manage,
    volume_type: &VolumeType,
    availability_zone: String,
) -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name,
        description: request.description,
        size_gib: 0,
        charged_gib: 0,
        consumes_quota: true,
        status: VolumeStatus::Managing,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: volume_type.id,
        availability_zone,
        host: None,
        bootable: request.bootable,
        multiattach: volume_type.is_multiattach(),
        readonly: None,
        snapshot_id: None,
        source_volid: None,
        backup_id: None,
        group_id: None,
        encryption_key_id: None,
        replication_status: None,
        provider_location: None,
        provider_id: None,
        metadata: request.metadata,
        image_metadata: Metadata::default(),
        created_at: conn.now(),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}
