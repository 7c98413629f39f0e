//! `GET /qos-specs`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::Refused;
use store::engine::Param;
use store::list::qos_specs::Column;
use store::list::{Condition, Query};
use wire::Fault;
use wire::links::Around;
use wire::query::qos_specs::{QosField, QosFilter, QosQuery, QosSortKey};
use wire::view::qos_specs::list;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;
use crate::volume_v3::volumes::query::direction;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::QosSpecsManageGetAll)?;
    let params = call.params()?;
    let asked = QosQuery::parse(&params, &call.asker())?;
    let page = asked.page.clone();
    let read = call.api.desk.store.read(move |conn| {
        let page = asked.page.clone();
        let query = query(asked);
        let part = part(conn, &query, &page, Noun::QosSpecs, None)?;
        Ok::<_, Refused>(query.rows(conn, &part)?)
    });
    let found = read.await.map_err(fault)?;
    let last = found.last().filter(|_| page.has_next(found.len()));
    let next = last.map(|last| call.endpoint().next_page("qos-specs", &params, &last.id.to_string()));
    Ok(Reply::json(200, list(&found, &Around { next, count: None })))
}

fn query(asked: QosQuery) -> Query<Column> {
    let sort = asked.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way)));
    let conditions = asked.filters.into_iter().map(|filter| match filter {
        QosFilter::Is(field, text) => Condition::In(column(field), vec![Param::from(text)]),
        QosFilter::Never => Condition::Never,
    });
    Query { project: None, conditions: conditions.collect(), sort: sort.collect() }
}

const fn column(field: QosField) -> Column {
    match field {
        QosField::Id => Column::Id,
        QosField::Name => Column::Name,
        QosField::Consumer => Column::Consumer,
    }
}

const fn sort_column(key: QosSortKey) -> Column {
    match key {
        QosSortKey::CreatedAt => Column::CreatedAt,
        QosSortKey::Id => Column::Id,
        QosSortKey::Name => Column::Name,
        QosSortKey::UpdatedAt => Column::UpdatedAt,
    }
}
