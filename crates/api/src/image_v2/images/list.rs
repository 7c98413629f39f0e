//! `GET /v2/images`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::Denied;
use store::Conn;
use store::list::images::{Column, Query, Visibilities, cursor, each};
use store::list::{Comparison, Condition, Direction, Part};
use wire::Fault;
use wire::image::query::{Filter, ImageQuery, Operator};
use wire::image::view;

use crate::image_v2::Call;
use crate::image_v2::call::{fault, json};

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    let params = call.params()?;
    let asked = ImageQuery::parse(&params)?;
    call.require(ImageRule::GetImages)?;
    let settings = &call.api.settings;
    let limit = asked.limit.unwrap_or(settings.default_page).min(settings.max_page);
    let marker = asked.marker;
    let query = query(asked, &call);
    let store = call.api.images.desk.store.clone();
    let read = store.read(move |conn| page(conn, &query, marker, limit, &call));
    let (items, next) = read.await.map_err(fault)?;
    Ok(json(200, &view::images(items, &params, next.as_deref())))
}

type Page = (Vec<serde_json::Value>, Option<String>);

fn page(
    conn: &Conn<'_>,
    query: &Query,
    marker: Option<model::ImageId>,
    limit: usize,
    call: &Call,
) -> Result<Page, Denied> {
    let after = match marker {
        None => None,
        Some(id) => {
            let place = cursor(conn, query, id)?;
            Some(place.ok_or_else(|| Denied::BadRequest(format!("No image found with ID {id}")))?)
        }
    };
    let (mut items, mut last) = (Vec::new(), None);
    each(conn, query, &Part { after, offset: 0, limit }, |image| {
        items.push(call.view(&image));
        last = Some(image.id);
        Ok(())
    })?;
    let next = last.filter(|_| items.len() == limit).map(|id| id.to_string());
    Ok((items, next))
}

fn query(asked: ImageQuery, call: &Call) -> Query {
    let mut query = Query {
        project: call.project(),
        everybody: call.is_admin,
        visibilities: match asked.visibility {
            None => Visibilities::Usual,
            Some(None) => Visibilities::All,
            Some(Some(one)) => Visibilities::Only(one),
        },
        member_status: asked.member_status,
        conditions: vec![Condition::In(Column::Hidden, vec![asked.hidden.into()])],
        tags: asked.tags,
        size_min_bytes: None,
        size_max_bytes: None,
        sort: Vec::new(),
    };
    for (key, descending) in asked.sort {
        let direction = if descending { Direction::Desc } else { Direction::Asc };
        query.sort.extend(column(key).map(|column| (column, direction)));
    }
    let mut pairs = Vec::new();
    for filter in asked.filters {
        match filter {
            Filter::SizeMin(bytes) => query.size_min_bytes = Some(bytes),
            Filter::SizeMax(bytes) => query.size_max_bytes = Some(bytes),
            Filter::Property(key, value) => pairs.push((key, value)),
            other => query.conditions.push(condition(other)),
        }
    }
    if !pairs.is_empty() {
        query.conditions.push(Condition::Pairs(Column::Properties, pairs));
    }
    query
}

fn condition(filter: Filter) -> Condition<Column> {
    let (field, condition): (_, Box<dyn FnOnce(Column) -> Condition<Column>>) = match filter {
        Filter::Field(field, values) => {
            let values = values.into_iter().map(Into::into).collect();
            (field, Box::new(move |column| Condition::In(column, values)))
        }
        Filter::Number(field, number) => {
            (field, Box::new(move |column| Condition::In(column, vec![number.into()])))
        }
        Filter::Flag(field, flag) => {
            (field, Box::new(move |column| Condition::In(column, vec![flag.into()])))
        }
        Filter::Time(field, operator, at) => {
            let comparison = match operator {
                Operator::Gt => Comparison::After,
                Operator::Gte => Comparison::From,
                Operator::Lt => Comparison::Before,
                Operator::Lte => Comparison::Until,
                Operator::Eq => Comparison::At,
                Operator::Neq => Comparison::NotAt,
            };
            (field, Box::new(move |column| Condition::Time(column, vec![(comparison, at)])))
        }
        Filter::Property(..) | Filter::SizeMin(_) | Filter::SizeMax(_) => return Condition::Never,
    };
    column(field).map_or(Condition::Never, condition)
}

fn column(field: &str) -> Option<Column> {
    Some(match field {
        "id" => Column::Id,
        "owner" => Column::Owner,
        "name" => Column::Name,
        "status" => Column::Status,
        "disk_format" => Column::DiskFormat,
        "container_format" => Column::ContainerFormat,
        "size" => Column::SizeBytes,
        "virtual_size" => Column::VirtualSizeBytes,
        "checksum" => Column::Checksum,
        "os_hash_algo" => Column::OsHashAlgo,
        "os_hash_value" => Column::OsHashValue,
        "min_disk" => Column::MinDiskGib,
        "min_ram" => Column::MinRamMib,
        "protected" => Column::Protected,
        "created_at" => Column::CreatedAt,
        "updated_at" => Column::UpdatedAt,
        _ => return None,
    })
}
