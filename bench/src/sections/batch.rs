//! Many volumes at once.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::stats::{Samples, rate};

use super::fields;
use super::load::at_once;

/// All asked for at the same moment, and all deleted at the same moment.
pub(crate) async fn run(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let (count, fields) = (arguments.at_once, fields(arguments));
    let start = Instant::now();
    let asked = at_once((0..count).map(|_| {
        let (service, fields) = (Rc::clone(service), fields.clone());
        async move { service.ask(&fields).await }
    }));
    let asked = asked.await?;
    let accepted = start.elapsed();
    let mut samples = Samples::default();
    asked.iter().for_each(|(_, took)| samples.add(*took));
    let ids: BTreeSet<String> = asked.into_iter().map(|(id, _)| id).collect();
    service.await_none_with("creating", &ids).await?;
    let available = start.elapsed();
    let good = service.ids_with("available").await?.intersection(&ids).count();

    let start = Instant::now();
    at_once(ids.iter().cloned().map(|id| {
        let service = Rc::clone(service);
        async move { service.delete(&id).await }
    }))
    .await?;
    service.await_none_with("deleting", &ids).await?;
    let deleted = start.elapsed();

    let all = Figure::once(format!("{count} at once: all available"), available);
    let all = if good < count { all.with_remark(format!("only {good} of them")) } else { all };
    Ok(vec![
        Figure::load(format!("{count} at once: each accepted"), samples, rate(count, accepted)),
        Figure::once(format!("{count} at once: all accepted"), accepted),
        all,
        Figure::once(format!("{count} at once: all deleted"), deleted),
    ])
}
