//! `GET /os-services`.

use auth::policy::VolumeRule;
use operations::service::is_at;
use wire::Fault;
use wire::query::small::ServiceQuery;
use wire::view::services::list;

use super::{load, view};
use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::ServicesIndex)?;
    let ServiceQuery { host, binary } = ServiceQuery::parse(&call.params()?);
    let (services, now) = load(&call).await?;
    let wanted = services.iter().filter(|service| {
        host.as_ref().is_none_or(|host| is_at(&service.host, host))
            && binary.as_ref().is_none_or(|binary| service.binary.as_str() == binary)
    });
    Ok(Reply::json(200, list(wanted.map(|service| view(&call, service, now)), call.version)))
}
