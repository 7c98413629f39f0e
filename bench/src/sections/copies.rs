//! What is made from a volume: snapshots, volumes from them, clones; and growth.

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

/// Rounds of the whole sequence, at the most: each makes three volumes and a snapshot.
const ROUNDS: usize = 10;

/// Every operation from the request to its end.
pub(crate) async fn run(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let [mut snapshots, mut copies, mut clones, mut ends, mut growths] =
        std::array::from_fn(|_| Samples::default());
    for _ in 0..arguments.samples.min(ROUNDS) {
        let volume = service.make(&fields(arguments)).await?;
        let start = Instant::now();
        let body = json!({"snapshot": {"volume_id": volume, "name": "bench"}});
        let snapshot = service.call(&Method::POST, "/snapshots", Some(body)).await?;
        let snapshot = snapshot["snapshot"]["id"].as_str().ok_or(Error::Shape("a snapshot id"))?.to_owned();
        let snapshot_path = format!("/snapshots/{snapshot}");
        service.await_status(&snapshot_path, "snapshot", "available").await?;
        snapshots.add(start.elapsed());

        for (source, samples) in
            [(json!({"snapshot_id": snapshot}), &mut copies), (json!({"source_volid": volume}), &mut clones)]
        {
            let start = Instant::now();
            let copy = service.make(&source).await?;
            samples.add(start.elapsed());
            service.remove(&copy).await?;
        }

        let start = Instant::now();
        service.call(&Method::DELETE, &snapshot_path, None).await?;
        service.await_gone(&snapshot_path).await?;
        ends.add(start.elapsed());

        let start = Instant::now();
        let path = format!("/volumes/{volume}");
        service
            .call(&Method::POST, &format!("{path}/action"), Some(json!({"os-extend": {"new_size": 2}})))
            .await?;
        while service.await_status(&path, "volume", "available").await?["size"] != 2 {}
        growths.add(start.elapsed());
        service.remove(&volume).await?;
    }
    Ok(vec![
        Figure::latency("snapshot to available", snapshots),
        Figure::latency("volume from snapshot to available", copies),
        Figure::latency("clone to available", clones),
        Figure::latency("delete snapshot to gone", ends),
        Figure::latency("extend to available", growths),
    ])
}
