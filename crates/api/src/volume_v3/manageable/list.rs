//! `GET /manageable_volumes` and `/manageable_snapshots`, in short and in detail. The backend answers.

use std::time::Duration;

use auth::policy::VolumeRule;
use operations::manageable::{Item, NoList, Page, SortKey, What, list as look};
use wire::Fault;
use wire::links::Around;
use wire::query::manageable::{ManageableQuery, ManageableSortKey};
use wire::request::manage::Reference;
use wire::view::manageable::{Kind, ManageableView, manageable};

use super::{reference, shown, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// How long the backend may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn volumes(call: Call) -> Result<Reply, Fault> {
    list(call, Kind::Volumes, false).await
}

pub(crate) async fn volumes_detail(call: Call) -> Result<Reply, Fault> {
    list(call, Kind::Volumes, true).await
}

pub(crate) async fn snapshots(call: Call) -> Result<Reply, Fault> {
    list(call, Kind::Snapshots, false).await
}

pub(crate) async fn snapshots_detail(call: Call) -> Result<Reply, Fault> {
    list(call, Kind::Snapshots, true).await
}

async fn list(call: Call, kind: Kind, detail: bool) -> Result<Reply, Fault> {
    let (rule, what) = match kind {
        Kind::Volumes => (VolumeRule::VolumeListManageable, What::Volumes),
        Kind::Snapshots => (VolumeRule::SnapshotListManageable, What::Snapshots),
    };
    call.require(rule)?;
    let params = call.params()?;
    let asked = ManageableQuery::parse(&params, &call.asker())?;
    let key = |key| match key {
        ManageableSortKey::Reference => SortKey::Reference,
        ManageableSortKey::Size => SortKey::Size,
    };
    let page = Page {
        marker: asked.marker.map(reference),
        limit: asked.page.limit,
        offset: usize::try_from(asked.page.offset).unwrap_or(usize::MAX),
        sort: asked.sort.iter().map(|(by, falls)| (key(*by), *falls)).collect(),
    };
    let who = call.requester_by(Some(rule));
    let listed = look(&call.api.desk, &who, what, target(asked.place), page, PATIENCE).await;
    let listed: Vec<Row> = listed.map_err(refusal)?.into_iter().map(Row::of).collect();
    let last = listed.last().filter(|_| asked.page.has_next(listed.len()));
    let next = last.map(|last| call.endpoint().next_page(path(kind, detail), &params, &last.marker()));
    let around = Around { next, count: None };
    Ok(Reply::json(200, manageable(kind, listed.iter().map(Row::view), detail, &around)))
}

const fn path(kind: Kind, detail: bool) -> &'static str {
    match (kind, detail) {
        (Kind::Volumes, false) => "manageable_volumes",
        (Kind::Volumes, true) => "manageable_volumes/detail",
        (Kind::Snapshots, false) => "manageable_snapshots",
        (Kind::Snapshots, true) => "manageable_snapshots/detail",
    }
}

fn refusal(why: NoList) -> Fault {
    match why {
        NoList::Refused(refused) => fault(refused),
        NoList::Marker(_) => Fault::invalid_input(why),
        NoList::Backend(_) => Fault::new(500, why.to_string()),
        NoList::Late => Fault::new(503, why.to_string()),
    }
}

/// An item in the words of the reply.
struct Row {
    reference: Reference,
    source: Option<Reference>,
    item: Item,
}

impl Row {
    fn of(mut item: Item) -> Self {
        let source = item.source.take().map(shown);
        Self { reference: shown(item.reference.clone()), source, item }
    }

    /// How the next page names this item: as the literal that the service reads.
    fn marker(&self) -> String {
        serde_json::to_string(&self.item.reference).unwrap_or_default()
    }

    fn view(&self) -> ManageableView<'_> {
        ManageableView {
            reference: &self.reference,
            size_gib: self.item.size_gib,
            reason_not_safe: self.item.reason_not_safe.as_deref(),
            id: self.item.id.as_deref(),
            source: self.source.as_ref(),
        }
    }
}
