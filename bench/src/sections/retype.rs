//! A volume gets another type where it is.

use std::rc::Rc;
use std::time::Instant;

use hyper::Method;
use serde_json::json;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::Samples;

/// To and fro between two types that ask for nothing, from the request until the volume is there again.
pub(crate) async fn run(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let types = [make_type(service, "one").await?, make_type(service, "two").await?];
    let volume = service.make(&json!({"volume_type": types[0]})).await?;
    let path = format!("/volumes/{volume}");
    let mut samples = Samples::default();
    for round in 0..arguments.samples {
        let wanted = &types[(round + 1) % types.len()];
        let start = Instant::now();
        let body = json!({"os-retype": {"new_type": wanted, "migration_policy": "never"}});
        service.call(&Method::POST, &format!("{path}/action"), Some(body)).await?;
        while service.await_status(&path, "volume", "available").await?["volume_type_id"] != **wanted {}
        samples.add(start.elapsed());
    }
    service.remove(&volume).await?;
    for id in types {
        service.call(&Method::DELETE, &format!("/types/{id}"), None).await?;
    }
    Ok(vec![Figure::latency("retype to available", samples)])
}

/// The identifier of a new volume type.
async fn make_type(service: &Service, name: &str) -> Result<String, Error> {
    let name = format!("bench-{}-{name}", std::process::id());
    let body = json!({"volume_type": {"name": name}});
    let made = service.call(&Method::POST, "/types", Some(body)).await?;
    Ok(made["volume_type"]["id"].as_str().ok_or(Error::Shape("a volume type id"))?.to_owned())
}
