//! `GET /attachments` and `GET /attachments/detail`.

use model::Attachment;
use operations::attachment::not_found;
use wire::Fault;
use wire::query::attachments::AttachmentQuery;
use wire::view::attachments::{details, summaries};

use super::query;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part_or;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, summaries).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    list(call, details).await
}

async fn list(call: Call, write: fn(&[Attachment]) -> Vec<u8>) -> Result<Reply, Fault> {
    let asked = AttachmentQuery::parse(&call.params()?, &call.asker())?;
    let project = (!asked.all_tenants).then(|| call.project_id());
    let page = asked.page.clone();
    let query = query::of(asked, project);
    let read = call.api.desk.store.read(move |conn| {
        let part = part_or(conn, &query, &page, query.project.as_ref(), not_found)?;
        Ok::<_, operations::Refused>(query.rows(conn, &part)?)
    });
    Ok(Reply::json(200, write(&read.await.map_err(fault)?)))
}
