//! Backups of one volume: the first, one of nothing new, one of 1 % changed, and what restoring the last takes; of bytes that do
//! not shrink, half zeros, and text. Beside the service the same bytes go through programs that people use for that. Everybody's
//! time ends when all is on the disk, and what was restored is compared with the volume.

mod measure;
mod peers;

use std::path::{Path, PathBuf};
use std::time::Instant;

use blackbox::disk::file_of;
use hyper::Method;
use serde_json::json;

use self::measure::{Cost, is_same, stored_below};
use crate::arguments::{Arguments, Content};
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::subject::Subject;

use super::{content, fields};

/// What is done to the volume before each backup.
const STAGES: [Stage; 3] = [Stage::Full, Stage::Unchanged, Stage::Changed];

/// A backup of several.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Full,
    Unchanged,
    Changed,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Unchanged => "unchanged",
            Self::Changed => "1 % changed",
        }
    }

    fn prepare(self, volume: &Path, data: Content, mib: u64) -> std::io::Result<()> {
        match self {
            Self::Full => content::fill(volume, data, mib),
            Self::Unchanged => Ok(()),
            Self::Changed => content::change(volume, data, mib),
        }
    }
}

/// Does what takes long beside the connections to the service, which would else not hear meanwhile that it has closed them.
async fn aside<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Error>
where
    Error: From<E>,
{
    Ok(tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)??)
}

/// Where the files are.
struct Places {
    volumes: PathBuf,
    backups: PathBuf,
    /// Where other programs keep theirs; none beside a foreign deployment.
    peers: Option<PathBuf>,
}

/// Every content and stage by the service, then by every program that is installed.
pub(crate) async fn run(
    service: &Service,
    subject: &Subject,
    arguments: &Arguments,
) -> Result<Vec<Figure>, Error> {
    let places = places(subject, arguments)?;
    let mut volume_fields = fields(arguments);
    volume_fields["size"] = json!(arguments.backup_mib.div_ceil(content::GIB_MIB));
    let mut figures = Vec::new();
    for data in &arguments.backup_content {
        let (data, mib) = (*data, arguments.backup_mib);
        let volume = service.make(&volume_fields).await?;
        let file = file_of(&places.volumes, &volume);
        let target = service.make(&volume_fields).await?;
        let done = Done {
            service,
            subject,
            places: &places,
            volume: &volume,
            target: &target,
            file: &file,
            data,
            mib,
        };
        figures.extend(done.by_the_service().await?);
        service.remove(&target).await?;
        for peer in peers::all() {
            let Some(place) = places.peers.clone() else { continue };
            let file = file.clone();
            figures.extend(aside(move || by_a_peer(&peer, &file, &place, data, mib)).await?);
        }
        service.remove(&volume).await?;
    }
    Ok(figures)
}

fn places(subject: &Subject, arguments: &Arguments) -> Result<Places, Error> {
    if let Some(data_dir) = subject.data_dir() {
        let (volumes, backups) = (data_dir.join("volumes"), data_dir.join("backups"));
        return Ok(Places { volumes, backups, peers: Some(data_dir.join("bench-backup")) });
    }
    let given = arguments.volume_files.clone().zip(arguments.backup_files.clone());
    let (volumes, backups) = given.ok_or(Error::Shape("--volume-files and --backup-files"))?;
    Ok(Places { volumes, backups, peers: None })
}

/// What the service does with one content.
struct Done<'a> {
    service: &'a Service,
    subject: &'a Subject,
    places: &'a Places,
    volume: &'a str,
    /// The volume that is restored to.
    target: &'a str,
    /// The file of the volume.
    file: &'a Path,
    data: Content,
    mib: u64,
}

impl Done<'_> {
    async fn by_the_service(&self) -> Result<Vec<Figure>, Error> {
        let who = if self.subject.is_own() { "besser" } else { "service" };
        let (mut figures, mut made) = (Vec::new(), Vec::new());
        for stage in STAGES {
            let (file, data, mib) = (self.file.to_owned(), self.data, self.mib);
            aside(move || stage.prepare(&file, data, mib)).await?;
            let before = stored_below(&self.places.backups);
            let (id, cost) = self.timed(self.back_up(stage != Stage::Full)).await?;
            made.push(id);
            let stored = (before, stored_below(&self.places.backups));
            let what = format!("{who} backup, {}, {}", self.data, stage.name());
            figures.push(cost.figure(what, Some(stored)));
        }
        let last = made.last().cloned().unwrap_or_default();
        let ((), cost) = self.timed(self.restore(&last)).await?;
        figures.push(cost.figure(format!("{who} restore, {}", self.data), None));
        let (file, restored) = (self.file.to_owned(), file_of(&self.places.volumes, self.target));
        if !aside(move || is_same(&file, &restored)).await? {
            return Err(Error::Failed {
                what: format!("what {who} restored"),
                status: "not the volume".into(),
            });
        }
        for id in made.iter().rev() {
            self.service.call(&Method::DELETE, &format!("/backups/{id}"), None).await?;
            self.service.await_gone(&format!("/backups/{id}")).await?;
        }
        Ok(figures)
    }

    async fn timed<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<(T, Cost), Error> {
        self.subject.forget_peaks();
        let (start, cpu_before) = (Instant::now(), self.subject.cpu_time());
        let made = work.await?;
        let (took, cpu) = (start.elapsed(), self.subject.cpu_time().saturating_sub(cpu_before));
        let peak = self.subject.footprint().map_or(0.0, |footprint| footprint.peak_mib);
        Ok((made, Cost { took, cpu, peak_mib: peak.round() as u64 }))
    }

    async fn back_up(&self, incremental: bool) -> Result<String, Error> {
        let body = json!({"backup": {"volume_id": self.volume, "incremental": incremental}});
        let reply = self.service.call(&Method::POST, "/backups", Some(body)).await?;
        let id = reply["backup"]["id"].as_str().ok_or(Error::Shape("a backup id"))?.to_owned();
        self.service.await_status(&format!("/backups/{id}"), "backup", "available").await?;
        Ok(id)
    }

    async fn restore(&self, id: &str) -> Result<(), Error> {
        let body = json!({"restore": {"volume_id": self.target}});
        self.service.call(&Method::POST, &format!("/backups/{id}/restore"), Some(body)).await?;
        self.service.await_status(&format!("/backups/{id}"), "backup", "available").await?;
        Ok(())
    }
}

/// Every stage of one content by one program, in a directory of its own.
fn by_a_peer(
    peer: &peers::Peer,
    file: &Path,
    place: &Path,
    data: Content,
    mib: u64,
) -> Result<Vec<Figure>, Error> {
    std::fs::create_dir_all(place)?;
    let mut figures = Vec::new();
    let done = (|| {
        if !peer.begin(place)? {
            return Ok(());
        }
        for (number, stage) in STAGES.into_iter().enumerate() {
            stage.prepare(file, data, mib)?;
            let before = stored_below(place);
            let cost = peer.back_up(file, place, number)?;
            let stored = (before, stored_below(place));
            figures
                .push(cost.figure(format!("{} backup, {data}, {}", peer.name, stage.name()), Some(stored)));
        }
        let cost = peer.restore(file, place)?;
        figures.push(cost.figure(format!("{} restore, {data}", peer.name), None));
        match is_same(file, &peer.restored(file, place))? {
            true => Ok(()),
            false => Err(Error::Failed {
                what: format!("what {} restored", peer.name),
                status: "not the volume".into(),
            }),
        }
    })();
    std::fs::remove_dir_all(place)?;
    done.map(|()| figures)
}
