//! Cost as rows grow: a page, a create, a single volume must cost with many rows what they cost with few.

use std::rc::Rc;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::seed;
use crate::service::Service;
use crate::stats::Samples;
use crate::subject::Subject;

use super::{fields, reads};

/// The page that is measured.
const PAGE: usize = 100;

/// Measures at each number of volumes. The own server gets them as rows; a foreign one is asked for each.
pub(crate) async fn run(
    service: &Rc<Service>,
    subject: &Subject,
    arguments: &Arguments,
) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    for rows in &arguments.rows {
        match subject.data_dir() {
            Some(data_dir) => {
                let template = service.make(&fields(arguments)).await?;
                let missing = rows.saturating_sub(service.count().await?);
                seed::copy_row(&data_dir, &template, missing).await?;
            }
            None => reads::fill(service, arguments, *rows).await?,
        }
        for (what, path) in [
            ("first page of 100", format!("/volumes/detail?limit={PAGE}")),
            ("page of 100 by name", format!("/volumes/detail?limit={PAGE}&sort=name:asc")),
            ("count", "/volumes?limit=1&with_count=true".to_owned()),
        ] {
            let samples = reads::one_by_one(service, &path, arguments.samples).await?;
            figures.push(Figure::latency(format!("{rows} rows: {what}"), samples));
        }
        let (mut accepted, mut ids) = (Samples::default(), Vec::new());
        for _ in 0..arguments.samples {
            let (id, took) = service.ask(&fields(arguments)).await?;
            accepted.add(took);
            ids.push(id);
        }
        figures.push(Figure::latency(format!("{rows} rows: create accepted"), accepted));
        for id in ids {
            service.await_status(&format!("/volumes/{id}"), "volume", "available").await?;
            service.remove(&id).await?;
        }
    }
    Ok(figures)
}
