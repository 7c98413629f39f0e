//! Many clients in one thread.

use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::error::Error;
use crate::service::Service;
use crate::stats::Samples;

/// What came of a sustained load.
pub(crate) struct Sustained<T> {
    pub(crate) samples: Samples,
    pub(crate) results: Vec<T>,
    pub(crate) took: Duration,
}

/// `clients` users do the same thing again and again for so many seconds, each as soon as the last time is over.
pub(crate) async fn sustain<T, F>(
    service: &Rc<Service>,
    clients: usize,
    seconds: u64,
    deed: impl Fn(Rc<Service>) -> F + Clone + 'static,
) -> Result<Sustained<T>, Error>
where
    T: 'static,
    F: Future<Output = Result<T, Error>> + 'static,
{
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut users = JoinSet::new();
    for _ in 0..clients {
        let (service, deed) = (Rc::clone(service), deed.clone());
        users.spawn_local(async move {
            let (mut samples, mut results) = (Samples::default(), Vec::new());
            loop {
                let begun = Instant::now();
                results.push(deed(Rc::clone(&service)).await?);
                samples.add(begun.elapsed());
                if Instant::now() >= end {
                    return Ok::<_, Error>((samples, results));
                }
            }
        });
    }
    let mut all = Sustained { samples: Samples::default(), results: Vec::new(), took: Duration::ZERO };
    for user in users.join_all().await {
        let (samples, results) = user?;
        all.samples.extend(samples);
        all.results.extend(results);
    }
    all.took = start.elapsed();
    Ok(all)
}

/// Everything at the same moment, each over a connection of its own; the results in the order of their end.
pub(crate) async fn at_once<T, F>(deeds: impl IntoIterator<Item = F>) -> Result<Vec<T>, Error>
where
    T: 'static,
    F: Future<Output = Result<T, Error>> + 'static,
{
    let mut users = JoinSet::new();
    for deed in deeds {
        users.spawn_local(deed);
    }
    users.join_all().await.into_iter().collect()
}

/// A number of clients, in words.
pub(crate) fn crowd(clients: usize) -> String {
    if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") }
}
