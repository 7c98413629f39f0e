//! Showing and listing.

use std::rc::Rc;
use std::time::Instant;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::{Samples, rate};

use super::load::{at_once, crowd, sustain};
use super::{fields, filler};

/// Samples of a single request, which are cheap.
const SAMPLES: usize = 100;
/// Requests that warm both sides up.
const WARM_UP: usize = 3;
/// Clients that fill lists.
const FILLERS: usize = 16;

/// One volume, shown to one client and to many.
pub(crate) async fn show(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let id = service.make(&fields(arguments)).await?;
    let figures = read(service, arguments, "show", &format!("/volumes/{id}"), SAMPLES).await;
    service.remove(&id).await?;
    figures
}

/// A list in detail of `count` volumes.
pub(crate) async fn list(
    service: &Rc<Service>,
    arguments: &Arguments,
    count: usize,
) -> Result<Vec<Figure>, Error> {
    fill(service, arguments, count).await?;
    let path = format!("/volumes/detail?limit={count}");
    let page = service.get(&path).await?;
    let found = page["volumes"].as_array().map_or(0, Vec::len);
    let figures =
        read(service, arguments, &format!("list-detail of {found}"), &path, arguments.samples).await?;
    Ok(figures)
}

/// Sees to it that the project has at least `count` volumes.
pub(crate) async fn fill(service: &Rc<Service>, arguments: &Arguments, count: usize) -> Result<(), Error> {
    let mut missing = count.saturating_sub(service.count().await?);
    let fields = filler(arguments);
    while missing > 0 {
        let now = missing.min(FILLERS);
        let made = at_once((0..now).map(|_| {
            let (service, fields) = (Rc::clone(service), fields.clone());
            async move { service.ask(&fields).await.map(|(id, _)| id) }
        }));
        let made = made.await?.into_iter().collect();
        missing -= now;
        if missing == 0 {
            service.await_none_with("creating", &made).await?;
        }
    }
    // What was asked for earlier may still be on its way.
    let creating = service.ids_with("creating").await?;
    service.await_none_with("creating", &creating).await
}

/// The same request one after the other, and then from many clients.
async fn read(
    service: &Rc<Service>,
    arguments: &Arguments,
    what: &str,
    path: &str,
    samples: usize,
) -> Result<Vec<Figure>, Error> {
    let mut figures = vec![Figure::latency(what, one_by_one(service, path, samples).await?)];
    for clients in &arguments.clients {
        let path = path.to_owned();
        let load = sustain(service, *clients, arguments.seconds, move |service: Rc<Service>| {
            let path = path.clone();
            async move { service.get_unread(&path).await }
        });
        let load = load.await?;
        let rate = rate(load.samples.len(), load.took);
        figures.push(Figure::load(format!("{what}, {}", crowd(*clients)), load.samples, rate));
    }
    Ok(figures)
}

/// Durations of a `GET`, one after the other.
pub(crate) async fn one_by_one(service: &Service, path: &str, count: usize) -> Result<Samples, Error> {
    let mut samples = Samples::default();
    for index in 0..count + WARM_UP {
        let start = Instant::now();
        service.get_unread(path).await?;
        if index >= WARM_UP {
            samples.add(start.elapsed());
        }
    }
    Ok(samples)
}
