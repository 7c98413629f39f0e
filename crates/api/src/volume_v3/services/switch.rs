//! `PUT /os-services/enable`, `/disable` and `/disable-log-reason`.

use operations::service::switch::{Switch, one};
use wire::Fault;
use wire::request::services as request;
use wire::view::services::{disabled_with_reason, switched};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn enable(call: Call) -> Result<Reply, Fault> {
    let asked = request::Switch::parse(&call.body)?;
    set(&call, &asked, Switch::On).await?;
    Ok(Reply::json(200, switched(&asked, false)))
}

pub(crate) async fn disable(call: Call) -> Result<Reply, Fault> {
    let asked = request::Switch::parse(&call.body)?;
    set(&call, &asked, Switch::Off(None)).await?;
    Ok(Reply::json(200, switched(&asked, true)))
}

pub(crate) async fn disable_with_reason(call: Call) -> Result<Reply, Fault> {
    let asked = request::Switch::parse_with_reason(&call.body)?;
    set(&call, &asked, Switch::Off(asked.disabled_reason.clone())).await?;
    Ok(Reply::json(200, disabled_with_reason(&asked)))
}

async fn set(call: &Call, asked: &request::Switch, switch: Switch) -> Result<(), Fault> {
    let (binary, host) = (asked.binary().to_owned(), asked.host.clone());
    one(&call.api.desk, &call.requester(), binary, host, switch).await.map_err(fault)
}
