//! A host gets a volume and gives it back. It does so in no server's name: what is in use by a server, only the compute
//! service may detach.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use hyper::Method;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::{Samples, rate};

use super::fields;
use super::load::{crowd, sustain};

/// Each step by one client, then whole rounds by many, each on a volume of its own.
pub(crate) async fn run(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let [mut reserved, mut connected, mut completed, mut detached] =
        std::array::from_fn(|_| Samples::default());
    let volume = service.make(&fields(arguments)).await?;
    for _ in 0..arguments.samples {
        let start = Instant::now();
        let id = reserve(service, &volume, None).await?;
        reserved.add(start.elapsed());
        let path = format!("/attachments/{id}");

        let start = Instant::now();
        let body = json!({"attachment": {"connector": connector()}});
        service.call(&Method::PUT, &path, Some(body)).await?;
        connected.add(start.elapsed());

        let start = Instant::now();
        complete(service, &path).await?;
        completed.add(start.elapsed());

        let start = Instant::now();
        service.call(&Method::DELETE, &path, None).await?;
        detached.add(start.elapsed());
    }
    service.remove(&volume).await?;
    let mut figures = vec![
        Figure::latency("attachment reserved", reserved),
        Figure::latency("attachment connected", connected),
        Figure::latency("attachment completed", completed),
        Figure::latency("attachment deleted", detached),
    ];
    for clients in &arguments.clients {
        figures.push(rounds(service, arguments, *clients).await?);
    }
    Ok(figures)
}

async fn rounds(service: &Rc<Service>, arguments: &Arguments, clients: usize) -> Result<Figure, Error> {
    let mut volumes = Vec::with_capacity(clients);
    for _ in 0..clients {
        volumes.push(service.make(&fields(arguments)).await?);
    }
    let free = Rc::new(RefCell::new(volumes));
    let pool = Rc::clone(&free);
    let load = sustain(service, clients, arguments.seconds, move |service: Rc<Service>| {
        let pool = Rc::clone(&pool);
        async move {
            let taken = pool.borrow_mut().pop();
            let volume = taken.ok_or(Error::Shape("a volume for each client"))?;
            let id = reserve(&service, &volume, Some(connector())).await?;
            let path = format!("/attachments/{id}");
            complete(&service, &path).await?;
            service.call(&Method::DELETE, &path, None).await?;
            pool.borrow_mut().push(volume);
            Ok(())
        }
    });
    let load = load.await?;
    let per_second = rate(load.results.len(), load.took);
    let volumes = free.borrow().clone();
    for volume in volumes {
        service.remove(&volume).await?;
    }
    Ok(Figure::load(format!("attach and detach, {}", crowd(clients)), load.samples, per_second))
}

async fn reserve(service: &Service, volume: &str, connector: Option<Value>) -> Result<String, Error> {
    let mut attachment = json!({ "volume_uuid": volume });
    if let Some(connector) = connector {
        attachment["connector"] = connector;
    }
    let body = json!({ "attachment": attachment });
    let made = service.call(&Method::POST, "/attachments", Some(body)).await?;
    Ok(made["attachment"]["id"].as_str().ok_or(Error::Shape("an attachment id"))?.to_owned())
}

async fn complete(service: &Service, path: &str) -> Result<(), Error> {
    let body = json!({"os-complete": null});
    service.call(&Method::POST, &format!("{path}/action"), Some(body)).await.map(drop)
}

/// What a host says about itself that no driver lacks anything of.
fn connector() -> Value {
    json!({
        "host": "bench",
        "ip": "127.0.0.1",
        "initiator": "iqn.1993-08.org.debian:01:bench",
        "platform": "x86_64",
        "os_type": "linux",
        "multipath": false,
        "mountpoint": "/dev/vdb",
        "mode": "rw",
    })
}
