//! `/regions`.

use auth::identity::NameKind;
use auth::random;
use serde_json::{Value, json};
use store::Conn;
use store::identity::regions::{self, Region};

use crate::http::Reply;
use crate::identity_v3::body::{Fields, checked_name};
use crate::identity_v3::call::Request;
use crate::identity_v3::fault::on_duplicate;
use crate::identity_v3::view::{collection, member, resource};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let parent = call.request.query.text("parent_region_id")?;
    call.read(move |call, conn| {
        call.require(&[])?;
        let found = regions::list(conn, parent.as_deref())?;
        collection(&call.request, "regions", found.iter().map(|it| view(&call.request, it)).collect())
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| Ok(member(200, "region", view(&call.request, &required(call, conn)?)))).await
}

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "region")?;
    let id = match said.text("id")?.flatten().filter(|id| !id.is_empty()) {
        Some(id) => id,
        None => random::id()?,
    };
    insert(call, id, said).await
}

/// Makes a region whose id is in the path.
pub(crate) async fn create_named(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "region")?;
    let id = call.part("region_id").to_owned();
    said.same_id(&id)?;
    insert(call, id, said).await
}

async fn insert(call: Call, id: String, mut said: Fields) -> Result<Reply, Fault> {
    let region = Region {
        id: checked_name("id", NameKind::Region, id)?,
        description: said.text("description")?.flatten().unwrap_or_default(),
        parent_region_id: said.text("parent_region_id")?.flatten(),
    };
    call.write(move |call, conn| {
        check_parent(conn, &region)?;
        let taken = || format!("Duplicate ID, {}.", region.id);
        regions::insert(conn, &region).map_err(|error| on_duplicate(error, "region", taken))?;
        Ok(member(201, "region", view(&call.request, &region)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "region")?;
    said.not_empty()?;
    said.same_id(call.part("region_id"))?;
    let description = said.text("description")?;
    let parent_region_id = said.text("parent_region_id")?;
    call.write(move |call, conn| {
        let mut region = required(call, conn)?;
        region.description = description.map_or(region.description, Option::unwrap_or_default);
        region.parent_region_id = parent_region_id.unwrap_or(region.parent_region_id);
        check_parent(conn, &region)?;
        regions::update(conn, &region)?;
        Ok(member(200, "region", view(&call.request, &region)))
    })
    .await
}

/// Removes a region with its parts, unless there is an endpoint in one of them.
pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let id = required(call, conn)?.id;
        let mut whole = vec![id.clone()];
        let mut next = 0;
        while let Some(part) = whole.get(next) {
            if regions::has_endpoints(conn, part)? {
                return Err(Fault::forbidden(format!(
                    "Unable to delete region {id} because it or its child regions have associated endpoints."
                )));
            }
            whole.extend(regions::list(conn, Some(part))?.into_iter().map(|region| region.id));
            next += 1;
        }
        // Parts before the whole.
        whole.iter().rev().try_for_each(|part| regions::remove(conn, part))?;
        Ok(Reply::empty(204))
    })
    .await
}

/// The region of the path, if the caller may touch it.
fn required(call: &Call, conn: &Conn<'_>) -> Result<Region, Fault> {
    call.require(&[])?;
    let id = call.part("region_id");
    regions::get(conn, id)?.ok_or_else(|| Fault::not_found("region", id))
}

/// Whether the region above is there, and the region itself not above it.
fn check_parent(conn: &Conn<'_>, region: &Region) -> Result<(), Fault> {
    let Some(parent) = &region.parent_region_id else { return Ok(()) };
    let mut above = Some(parent.clone());
    while let Some(id) = above {
        if id == region.id {
            return Err(Fault::bad_request(format!(
                "The specified parent region {parent} would create a circular region hierarchy."
            )));
        }
        above = regions::get(conn, &id)?.ok_or_else(|| Fault::not_found("region", &id))?.parent_region_id;
    }
    Ok(())
}

fn view(request: &Request, region: &Region) -> Value {
    let own = json!({
        "id": region.id,
        "description": region.description,
        "parent_region_id": region.parent_region_id,
    });
    resource(request, &format!("regions/{}", region.id), own, "{}")
}
