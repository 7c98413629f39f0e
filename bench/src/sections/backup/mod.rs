//! Backups of one volume of 1 GiB, half random and half zeros: the first, one of nothing new, one of 1 % changed, and what
//! restoring takes. Beside the service the same bytes go through programs that people use for that.

mod peers;

use std::path::{Path, PathBuf};
use std::time::Instant;

use blackbox::disk::{file_of, files_below};
use hyper::Method;
use serde_json::json;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::subject::Subject;

use super::{content, fields};

/// Makes a volume's file what is to be backed up.
type Prepare = fn(&Path) -> std::io::Result<()>;

/// What is done to the volume before each backup.
const STAGES: [(&str, Prepare); 3] =
    [("full", content::fill), ("unchanged", |_| Ok(())), ("1 % changed", content::change)];

/// Every stage by the service, then by every program that is installed.
pub(crate) async fn run(
    service: &Service,
    subject: &Subject,
    arguments: &Arguments,
) -> Result<Vec<Figure>, Error> {
    let Some(data_dir) = subject.data_dir() else {
        return Err(Error::Shape("files: a foreign deployment's cannot be filled"));
    };
    let volume = service.make(&fields(arguments)).await?;
    let file = file_of(&data_dir.join("volumes"), &volume);
    let mut figures = Vec::new();
    let mut last = String::new();
    for (stage, prepare) in STAGES {
        prepare(&file)?;
        let before = stored_bytes(&data_dir);
        let start = Instant::now();
        last = back_up(service, &volume, stage != "full").await?;
        let figure = Figure::once(format!("besser backup, {stage}"), start.elapsed());
        figures.push(figure.with_remark(stored(stored_bytes(&data_dir) - before)));
    }
    let target = service.make(&fields(arguments)).await?;
    let start = Instant::now();
    let body = json!({"restore": {"volume_id": target}});
    service.call(&Method::POST, &format!("/backups/{last}/restore"), Some(body)).await?;
    service.await_status(&format!("/backups/{last}"), "backup", "available").await?;
    figures.push(Figure::once("besser restore", start.elapsed()));
    service.remove(&target).await?;
    let place = data_dir.join("bench-backup");
    for peer in peers::all() {
        let (file, place) = (file.clone(), place.clone());
        // Beside the connections to the service, which would else not hear meanwhile that it has closed them.
        let measured = tokio::task::spawn_blocking(move || measure(&peer, &file, &place));
        figures.extend(measured.await.map_err(std::io::Error::other)??);
    }
    service.remove(&volume).await?;
    Ok(figures)
}

async fn back_up(service: &Service, volume: &str, incremental: bool) -> Result<String, Error> {
    let body = json!({"backup": {"volume_id": volume, "incremental": incremental}});
    let reply = service.call(&Method::POST, "/backups", Some(body)).await?;
    let id = reply["backup"]["id"].as_str().ok_or(Error::Shape("a backup id"))?.to_owned();
    service.await_status(&format!("/backups/{id}"), "backup", "available").await?;
    Ok(id)
}

fn stored_bytes(data_dir: &Path) -> u64 {
    bytes_below(&data_dir.join("backups"))
}

fn bytes_below(directory: &Path) -> u64 {
    let files: Vec<PathBuf> = files_below(directory);
    files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|found| found.len()).sum()
}

fn stored(bytes: u64) -> String {
    format!("{} MiB stored", bytes >> 20)
}

/// Every stage by one program, in a directory of its own.
fn measure(peer: &peers::Peer, file: &Path, place: &Path) -> Result<Vec<Figure>, Error> {
    std::fs::create_dir_all(place)?;
    let mut figures = Vec::new();
    let done = (|| {
        if !peer.begin(place)? {
            return Ok(());
        }
        for (number, (stage, prepare)) in STAGES.into_iter().enumerate() {
            prepare(file)?;
            let before = bytes_below(place);
            let (took, peak_mib) = peer.back_up(file, place, number)?;
            let stored = stored(bytes_below(place).saturating_sub(before));
            let figure = Figure::once(format!("{} backup, {stage}", peer.name), took);
            figures.push(figure.with_remark(format!("{stored}, {peak_mib} MiB of memory")));
        }
        let (took, peak_mib) = peer.restore(place)?;
        let figure = Figure::once(format!("{} restore", peer.name), took);
        figures.push(figure.with_remark(format!("{peak_mib} MiB of memory")));
        Ok(())
    })();
    std::fs::remove_dir_all(place)?;
    done.map(|()| figures)
}
