//! `GET /backups` and `GET /backups/detail`. Rows become text as they are read; none is kept.

use auth::policy::VolumeRule;
use model::Backup;
use model::refusal::Noun;
use operations::Refused;
use store::Conn;
use store::list::backups;
use wire::Fault;
use wire::links::Around;
use wire::query::Params;
use wire::query::backups::BackupQuery;
use wire::view::Growing;
use wire::view::backups::{add_summary, begin};

use super::{detail as detail_of, links, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    let add = |call: &Call| -> AddItem {
        let links = links(call);
        Box::new(move |items, backup| add_summary(items, backup, &links))
    };
    list(call, "backups", add).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    let add = |call: &Call| -> AddItem {
        let detail = detail_of(call);
        Box::new(move |items, backup| detail.add(items, backup))
    };
    list(call, "backups/detail", add).await
}

/// Adds a backup to the list.
type AddItem = Box<dyn Fn(&mut Growing, &Backup)>;

async fn list(call: Call, path: &'static str, add: fn(&Call) -> AddItem) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = BackupQuery::parse(&params, &call.asker())?;
    call.require(VolumeRule::BackupGetAll)?;
    let store = call.api.desk.store.clone();
    let written = store.read(move |conn| reply(conn, &call, path, &params, asked, add));
    Ok(Reply::json(200, written.await.map_err(fault)?))
}

fn reply(
    conn: &Conn<'_>,
    call: &Call,
    path: &'static str,
    params: &Params,
    asked: BackupQuery,
    add: fn(&Call) -> AddItem,
) -> Result<Vec<u8>, Refused> {
    let (page, with_count) = (asked.page.clone(), asked.with_count);
    let project = (!asked.all_tenants).then(|| call.project_id());
    let query = query::of(asked, project);
    let sees_only = call.sees_only();
    let part = part(&page, Noun::Backup, |id| backups::cursor(conn, &query, id, sees_only.as_ref()))?;
    let (mut items, add, mut last) = (begin(), add(call), None);
    backups::each(conn, &query, &part, |backup| {
        add(&mut items, &backup);
        last = Some(backup.id);
        Ok(())
    })?;
    let last = last.filter(|_| page.has_next(items.count()));
    Ok(items.end(&Around {
        next: last.map(|last| call.endpoint().next_page(path, params, &last.to_string())),
        count: with_count.then(|| backups::count(conn, &query)).transpose()?,
    }))
}
