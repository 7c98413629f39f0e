//! A volume changes hands: offered and accepted. Who accepts is the same project, which changes nothing of the work.

use std::rc::Rc;
use std::time::Instant;

use hyper::Method;
use serde_json::json;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::Samples;

use super::fields;

/// Each step by one client.
pub(crate) async fn run(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let [mut offered, mut accepted, mut withdrawn] = std::array::from_fn(|_| Samples::default());
    let volume = service.make(&fields(arguments)).await?;
    for _ in 0..arguments.samples {
        let start = Instant::now();
        let (path, key) = offer(service, &volume).await?;
        offered.add(start.elapsed());

        let start = Instant::now();
        let body = json!({"accept": {"auth_key": key}});
        service.call(&Method::POST, &format!("{path}/accept"), Some(body)).await?;
        accepted.add(start.elapsed());
        // The answer may come before the volume is free again.
        service.await_status(&format!("/volumes/{volume}"), "volume", "available").await?;

        let (path, _) = offer(service, &volume).await?;
        let start = Instant::now();
        service.call(&Method::DELETE, &path, None).await?;
        withdrawn.add(start.elapsed());
    }
    service.remove(&volume).await?;
    Ok(vec![
        Figure::latency("transfer offered", offered),
        Figure::latency("transfer accepted", accepted),
        Figure::latency("transfer withdrawn", withdrawn),
    ])
}

/// The path of a new offer, and the key that accepts it.
async fn offer(service: &Service, volume: &str) -> Result<(String, String), Error> {
    let body = json!({"transfer": {"volume_id": volume, "name": "bench"}});
    let made = service.call(&Method::POST, "/volume-transfers", Some(body)).await?;
    let text = |key: &str| made["transfer"][key].as_str().map(str::to_owned);
    let (id, key) = text("id").zip(text("auth_key")).ok_or(Error::Shape("a transfer with its key"))?;
    Ok((format!("/volume-transfers/{id}"), key))
}
