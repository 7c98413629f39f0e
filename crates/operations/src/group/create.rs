//! A new, empty group.
//!
//! ```text
//! accept ──▶ place (scheduler) ──▶ available
//!              │ no backend takes all of its volume types
//!              ▼
//!            error
//! ```

use std::sync::Arc;

use ledger::{Next, Step};
use model::group::CONSISTENCY_GROUP_TYPE;
use model::message::Action;
use model::refusal::Noun;
use model::service::ReplicationStatus;
use model::{Group, GroupId, GroupStatus, GroupType, GroupTypeId, Refusal, VolumeTypeId};
use placement::Request;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{Door, set_failed};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::Detail;
use crate::placing::{self, Outcome};
use crate::quota::Limits;
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, group, group_type, volume};

pub(crate) const KIND: &str = "group.create";

/// Choosing a backend that takes all of its volume types.
const PLACE: &str = "place";

/// A request for a group.
#[derive(Debug, Clone)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Name or identifier of its type; none makes a consistency group.
    pub group_type: Option<String>,
    /// Names or identifiers of the types that its volumes may have.
    pub volume_types: Vec<String>,
    /// Zone.
    pub availability_zone: Option<String>,
}

/// Accepts a request for a group. It is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<Group, Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

fn admit(conn: &Conn<'_>, settings: &Settings, who: &Requester, request: Create) -> Result<Group, Refused> {
    (who.may)(&who.project_id, &who.user_id)?;
    let group_type = choose_type(conn, who, request.group_type.as_deref())?;
    let volume_type_ids = choose_volume_types(conn, &request.volume_types)?;
    let zone = choose_zone(conn, settings, request.availability_zone.as_deref())?;
    Limits::read(conn, &who.project_id)?.check_one_more_group(conn, settings, &who.project_id)?;
    let group = Group {
        id: GroupId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name,
        description: request.description,
        status: GroupStatus::Creating,
        availability_zone: zone,
        host: None,
        group_type_id: group_type.id,
        group_snapshot_id: None,
        source_group_id: None,
        replication_status: ReplicationStatus::Disabled,
        active_backend_id: None,
        volume_type_ids,
        created_at: conn.now(),
        updated_at: None,
    };
    store::groups::insert(conn, &group)?;
    operations::admit(
        conn,
        &NewOperation {
            args: "null".to_owned(),
            ..who.operation(KIND, group::key(group.id), SCHEDULER_QUEUE.to_owned(), PLACE)
        },
    )?;
    Ok(group)
}

fn choose_type(conn: &Conn<'_>, who: &Requester, asked: Option<&str>) -> Result<GroupType, Refused> {
    let Some(asked) = asked else {
        return store::group_types::by_name(conn, CONSISTENCY_GROUP_TYPE)?.ok_or_else(|| {
            let why = format!(
                "Group type {CONSISTENCY_GROUP_TYPE} not found. Rerun migration script to create the default \
                 cgsnapshot type."
            );
            Refusal::BadRequest(why).into()
        });
    };
    if let Ok(id) = asked.parse::<GroupTypeId>() {
        Door::Groups.check(conn, id)?;
    }
    let found = group_type::named(conn, who, asked)?;
    Door::Groups.check(conn, found.id)?;
    Ok(found)
}

/// Any type may be asked for, also one that the caller could not use for a volume.
fn choose_volume_types(conn: &Conn<'_>, asked: &[String]) -> Result<Vec<VolumeTypeId>, Refused> {
    let mut chosen = Vec::with_capacity(asked.len());
    for asked in asked {
        let (found, noun) = match asked.parse() {
            Ok(id) => (store::volume_types::get(conn, id)?, Noun::VolumeType),
            Err(_) => (store::volume_types::by_name(conn, asked)?, Noun::VolumeTypeByName),
        };
        let id = found.ok_or_else(|| Refusal::not_found(noun, asked))?.id;
        if !chosen.contains(&id) {
            chosen.push(id);
        }
    }
    Ok(chosen)
}

fn choose_zone(conn: &Conn<'_>, settings: &Settings, asked: Option<&str>) -> Result<String, Refused> {
    let asked = asked.unwrap_or(&settings.default_zone);
    if volume::create::is_known_zone(conn, settings, asked)? {
        return Ok(asked.to_owned());
    }
    if settings.zone_fallback {
        return Ok(settings.default_zone.clone());
    }
    Err(Refusal::InvalidInput(format!("Availability zone '{asked}' is invalid.")).into())
}

pub(crate) fn step(tools: &Tools, operation: &OperationRow) -> Step {
    if operation.phase != PLACE {
        return unknown_phase(operation);
    }
    let Some(id) = group::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let mut refused_at = serde_json::from_str(&operation.args).unwrap_or_default();
        let Some(group) = store::groups::get(conn, id)? else {
            return Ok((Next::Failed("its group is gone".to_owned()), None));
        };
        if operation.abandoned {
            return fail(conn, &operation, &group, GIVEN_UP);
        }
        match placer.choose_for_all(conn, &requests(conn, &group)?)? {
            Outcome::Placed { host, zone } => {
                let edit = store::groups::Edit {
                    host: Some(host),
                    availability_zone: Some(zone),
                    ..Default::default()
                };
                store::groups::edit(conn, id, &edit)?;
                store::groups::set_status_from(conn, id, &[GroupStatus::Creating], GroupStatus::Available)?;
                Ok((Next::Done, None))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut refused_at) {
                Ok(wait) => Ok((wait, serde_json::to_string(&refused_at).ok())),
                Err(why) => fail(conn, &operation, &group, &why),
            },
        }
    }))
}

/// One request per volume type, for a volume of no size: how large its volumes will be, nobody knows.
fn requests(conn: &Conn<'_>, group: &Group) -> Result<Vec<Request>, StoreError> {
    let request = |volume_type: &VolumeTypeId| {
        let mut request = Request::create(0);
        request.availability_zone = Some(group.availability_zone.clone());
        placing::demand_specs(conn, &mut request, *volume_type)?;
        Ok(request)
    };
    group.volume_type_ids.iter().map(request).collect()
}

fn fail(
    conn: &Conn<'_>,
    operation: &OperationRow,
    group: &Group,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    let detail = Detail::NoPool(why.to_owned());
    set_failed(conn, operation, group, GroupStatus::Creating, (Action::GroupCreate, &detail))?;
    Ok((Next::Failed(why.to_owned()), None))
}
