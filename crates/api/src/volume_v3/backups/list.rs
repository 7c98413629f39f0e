//! `GET /backups` and `GET /backups/detail`. Rows become text as they are read; none is kept.

use auth::policy::VolumeRule;
use model::Backup;
use model::refusal::Noun;
use wire::Fault;
use wire::query::backups::BackupQuery;
use wire::view::backups::{add_summary, begin};

use super::{detail as detail_of, links, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::streamed::{AddItem, Streamed};

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    let add = |call: &Call| -> AddItem<Backup> {
        let links = links(call);
        Box::new(move |items, backup| add_summary(items, backup, &links))
    };
    list(call, "backups", add).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    let add = |call: &Call| -> AddItem<Backup> {
        let detail = detail_of(call);
        Box::new(move |items, backup| detail.add(items, backup))
    };
    list(call, "backups/detail", add).await
}

async fn list(call: Call, path: &'static str, add: fn(&Call) -> AddItem<Backup>) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = BackupQuery::parse(&params, &call.asker())?;
    call.require(VolumeRule::BackupGetAll)?;
    let (page, with_count) = (asked.page.clone(), asked.with_count);
    let project = (!asked.all_tenants).then(|| call.project_id());
    let query = query::of(asked, project);
    let id = |backup: &Backup| backup.id;
    Streamed { path, params, query, page, with_count, noun: Noun::Backup, id }.reply(call, begin, add).await
}
