//! `GET /volumes/{volume_id}`.

use model::refusal::Noun;
use operations::Refused;
use wire::Fault;
use wire::view::volumes::Detail;

use super::neighbours::OfOne;
use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let desk = call.api.desk.clone();
    let shown = desk.store.read(move |conn| {
        let volume = operations::volume::find(conn, &call.requester_of_volume(id, &[]), id)?;
        let neighbours = OfOne::read(conn, call.version, &volume)?;
        let links = shown::links(&call);
        let detail = Detail { version: call.version, links: &links, show: shown::extended(&call) };
        Ok::<_, Refused>(detail.one(&neighbours.view(&volume)))
    });
    Ok(Reply::json(200, shown.await.map_err(fault)?))
}
