//! A volume gets another type: where it is, and where its bytes have to move to another backend.

use std::rc::Rc;
use std::time::Instant;

use blackbox::disk::file_of;
use hyper::Method;
use serde_json::{Value, json};

use crate::arguments::{Arguments, Content};
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::Samples;
use crate::subject::{BACKENDS, Subject};

use super::content;

/// Moves of the volume that holds 1 GiB, at the most.
const MOVES: usize = 6;

/// To and fro between two types that ask for nothing, then, with a server of our own, between two backends.
pub(crate) async fn run(
    service: &Rc<Service>,
    subject: &Subject,
    arguments: &Arguments,
) -> Result<Vec<Figure>, Error> {
    let mut figures = vec![where_it_is(service, arguments).await?];
    if subject.is_own() {
        figures.push(to_another_backend(arguments).await?);
    }
    Ok(figures)
}

async fn where_it_is(service: &Service, arguments: &Arguments) -> Result<Figure, Error> {
    let types = [make_type(service, "one", json!({})).await?, make_type(service, "two", json!({})).await?];
    let volume = service.make(&json!({"volume_type": types[0]})).await?;
    let samples = to_and_fro(service, &volume, &types, "never", arguments.samples).await?;
    service.remove(&volume).await?;
    for id in types {
        service.call(&Method::DELETE, &format!("/types/{id}"), None).await?;
    }
    Ok(Figure::latency("retype to available", samples))
}

/// Half of the volume is random, the other half zeros that were written.
async fn to_another_backend(arguments: &Arguments) -> Result<Figure, Error> {
    let subject = Subject::with_two_backends(arguments);
    let service = subject.log_in(arguments).await?;
    let mut types = Vec::new();
    for name in BACKENDS {
        types.push(make_type(&service, name, json!({"volume_backend_name": name})).await?);
    }
    let volume = service.make(&json!({"volume_type": types[0]})).await?;
    let directory = subject.side_dir(BACKENDS[0]).ok_or(Error::Shape("a server of our own"))?;
    content::fill(&file_of(&directory, &volume), Content::Half, content::GIB_MIB)?;
    let rounds = arguments.samples.min(MOVES);
    let samples = to_and_fro(&service, &volume, &types, "on-demand", rounds).await?;
    service.remove(&volume).await?;
    Ok(Figure::latency("retype of 1 GiB to another backend", samples))
}

/// From the request until the volume is there again, once a round.
async fn to_and_fro(
    service: &Service,
    volume: &str,
    types: &[String],
    migration_policy: &str,
    rounds: usize,
) -> Result<Samples, Error> {
    let path = format!("/volumes/{volume}");
    let mut samples = Samples::default();
    for wanted in types.iter().cycle().skip(1).take(rounds) {
        let start = Instant::now();
        let body = json!({"os-retype": {"new_type": wanted, "migration_policy": migration_policy}});
        service.call(&Method::POST, &format!("{path}/action"), Some(body)).await?;
        let volume = service.await_status(&path, "volume", "available").await?;
        if volume["volume_type_id"] != **wanted {
            return Err(Error::Failed { what: path, status: "available with the old type".to_owned() });
        }
        samples.add(start.elapsed());
    }
    Ok(samples)
}

/// The identifier of a new volume type.
async fn make_type(service: &Service, name: &str, extra_specs: Value) -> Result<String, Error> {
    let name = format!("bench-{}-{name}", std::process::id());
    let body = json!({"volume_type": {"name": name, "extra_specs": extra_specs}});
    let made = service.call(&Method::POST, "/types", Some(body)).await?;
    Ok(made["volume_type"]["id"].as_str().ok_or(Error::Shape("a volume type id"))?.to_owned())
}
