//! `PUT /os-services/get-log` and `/set-log`.

use auth::policy::VolumeRule;
use model::service::Service;
use operations::service::is_at;
use wire::Fault;
use wire::request::log_levels::{API_BINARY, Loggers};
use wire::view::log_levels::{LogLevelsView, list};

use super::load;
use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let asked = Loggers::parse(&call.body)?;
    call.require(VolumeRule::ServicesUpdate)?;
    let meant = meant(&call, &asked).await?;
    let levels = call.api.log_levels.get(&asked.prefix);
    let views = meant.iter().map(|(binary, host)| LogLevelsView { binary, host, levels: &levels });
    Ok(Reply::json(200, list(views)))
}

pub(crate) async fn set(call: Call) -> Result<Reply, Fault> {
    let (asked, level) = Loggers::parse_with_level(&call.body)?;
    call.require(VolumeRule::ServicesUpdate)?;
    if !meant(&call, &asked).await?.is_empty() {
        call.api.log_levels.set(&asked.prefix, level);
    }
    Ok(Reply::empty(202))
}

/// The services of this process that `asked` means, as binary and host. Those of other processes log elsewhere.
async fn meant(call: &Call, asked: &Loggers) -> Result<Vec<(&'static str, String)>, Fault> {
    let this_host = call.api.log_levels.host();
    let is_meant = |binary: &str, host: &str| {
        asked.binary.as_ref().is_none_or(|asked| asked == binary)
            && asked.server.as_ref().is_none_or(|server| is_at(host, server))
    };
    let (services, now) = load(call).await?;
    let down_time_s = call.api.desk.settings.service_down_time_s;
    let is_here = |service: &Service| {
        call.api.log_levels.runs(service.binary)
            && is_at(&service.host, this_host)
            && service.is_up(now, down_time_s)
    };
    let others = services.into_iter().filter(is_here).map(|service| (service.binary.as_str(), service.host));
    let all = std::iter::once((API_BINARY, this_host.to_owned())).chain(others);
    Ok(all.filter(|(binary, host)| is_meant(binary, host)).collect())
}
