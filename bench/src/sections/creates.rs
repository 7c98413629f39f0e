//! Volumes made one by one, and as fast as they are accepted.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::{Samples, rate};

use super::fields;
use super::load::{at_once, crowd, sustain};

/// Clients that clear up.
const DELETERS: usize = 32;

/// How fast creates are accepted, by one client and by many; and how long the service then works on them.
pub(crate) async fn accept(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let fields = fields(arguments);
    let mut one = Samples::default();
    let mut made = BTreeSet::new();
    for _ in 0..arguments.samples {
        let (id, took) = service.ask(&fields).await?;
        one.add(took);
        made.insert(id);
    }
    let mut figures = vec![Figure::latency("create accepted", one)];
    for clients in &arguments.clients {
        let fields = fields.clone();
        let load = sustain(service, *clients, arguments.seconds, move |service: Rc<Service>| {
            let fields = fields.clone();
            async move { service.ask(&fields).await.map(|(id, _)| id) }
        });
        let load = load.await?;
        let accepted = load.results.len();
        let per_second = rate(accepted, load.took);
        figures.push(Figure::load(format!("create accepted, {}", crowd(*clients)), load.samples, per_second));
        made.extend(load.results);

        let start = Instant::now();
        service.await_none_with("creating", &made).await?;
        figures.push(Figure::once(format!("  until all {accepted} are available"), start.elapsed()));
    }
    figures.push(clear_up(service, made).await?);
    Ok(figures)
}

async fn clear_up(service: &Rc<Service>, made: BTreeSet<String>) -> Result<Figure, Error> {
    let failed = service.ids_with("error").await?.intersection(&made).count();
    let (start, count) = (Instant::now(), made.len());
    let ids: Vec<String> = made.iter().cloned().collect();
    for some in ids.chunks(DELETERS) {
        at_once(some.iter().map(|id| {
            let (service, id) = (Rc::clone(service), id.clone());
            async move { service.delete(&id).await }
        }))
        .await?;
    }
    service.await_none_with("deleting", &made).await?;
    let figure = Figure::once(format!("delete {count}, {}", crowd(DELETERS)), start.elapsed());
    Ok(if failed > 0 { figure.with_remark(format!("{failed} were in error")) } else { figure })
}

/// From the request until the volume is there, and from the request until it is gone.
pub(crate) async fn one_by_one(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let fields = fields(arguments);
    let (mut made, mut gone) = (Samples::default(), Samples::default());
    for _ in 0..arguments.samples {
        let start = Instant::now();
        let id = service.make(&fields).await?;
        made.add(start.elapsed());
        let start = Instant::now();
        service.remove(&id).await?;
        gone.add(start.elapsed());
    }
    Ok(vec![Figure::latency("create to available", made), Figure::latency("delete to gone", gone)])
}
