//! `besser backup verify`: whether what lies in the store is what the database says.

use std::path::PathBuf;
use std::process::ExitCode;

use ::backup::chunked::Layer;
use ::backup::{Depth, Engine, Location};
use clap::Args;
use config::Config;
use model::{Backup, BackupId, BackupStatus};
use ports::volume::SnapshotRef;
use ports::{Exec, Work};
use store::list::{Direction, Part, Query, backups};
use store::{Conn, StoreError};

use super::backup_source::{Compared, Sources};
use super::{DataDir, Failure, block_on, say};
use crate::database::Chosen;
use crate::serve::{BACKUPS, engine};

/// Most backups that are looked at in one go.
const MAX_BACKUPS: usize = 1_000_000;

/// The options of `besser backup verify`.
#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    data_dir: DataDir,
    /// The configuration of the service; may be given several times
    #[arg(long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Read every object, decompress it and compare it with its hash; and compare a backup in our own format with the snapshot
    /// that it was made from, where that is still there
    #[arg(long)]
    deep: bool,
    /// Only this backup
    id: Option<BackupId>,
}

pub(super) fn run(options: &Verify) -> Result<ExitCode, Failure> {
    let mut config = Config::load(&options.config).map_err(|error| super::chain(&error))?;
    let path = options.data_dir.path();
    let Some(engine) = engine(&config.default_section(), path.join(BACKUPS), &Exec::direct())? else {
        return Err("this service keeps no backups".to_owned());
    };
    let sources = match options.deep {
        true => Sources::of(&mut config, &path, &Exec::direct())?,
        false => Sources::default(),
    };
    let rows = Chosen::of(&config, &path)?.open_beside()?;
    let wanted = options.id;
    let found = block_on(async {
        rows.read(move |conn| available(conn, wanted)).await.map_err(|error| error.chain())
    })?;
    if let (Some(id), true) = (wanted, found.is_empty()) {
        return Err(format!("there is no available backup {id}"));
    }
    let depth = if options.deep { Depth::Deep } else { Depth::Shallow };
    let mut bad = 0;
    for (backup, source) in &found {
        match look(&engine, backup, depth, &sources, source.as_ref()) {
            Ok((objects, as_source)) => {
                let beside = if as_source { ", and what its snapshot holds" } else { "" };
                say(&[format!("{}  good  {objects} objects{beside}", backup.id)])?;
            }
            Err(why) => {
                bad += 1;
                say(&[format!("{}  BAD   {why}", backup.id)])?;
            }
        }
    }
    say(&[format!("{} backups, {bad} of them bad", found.len())])?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many objects a backup has, and whether it was found to be what its snapshot holds.
fn look(
    engine: &Engine,
    backup: &Backup,
    depth: Depth,
    sources: &Sources,
    source: Option<&(String, SnapshotRef)>,
) -> Result<(u64, bool), String> {
    let (Some(container), Some(prefix)) = (backup.container.clone(), backup.service_metadata.clone()) else {
        return Err("it has no place in the store".to_owned());
    };
    let maker = prefix.rsplit_once("backup_").map_or(prefix.as_str(), |(_, id)| id);
    let layer = Layer { backup_id: maker.to_owned(), at: Location { container, prefix } };
    let objects = engine.verify(&layer, depth, &Work::new()).map_err(|error| super::chain(&error))?;
    let Some(source) = source else { return Ok((objects, false)) };
    match sources.compare(engine, &layer, source).map_err(|error| super::chain(&error))? {
        Compared::Same => Ok((objects, true)),
        Compared::Not => Ok((objects, false)),
        Compared::Differs(how) => Err(how),
    }
}

/// A backup, and the snapshot that it was made from.
type Row = (Backup, Option<(String, SnapshotRef)>);

fn available(conn: &Conn<'_>, wanted: Option<BackupId>) -> Result<Vec<Row>, StoreError> {
    let sort = vec![(backups::Column::CreatedAt, Direction::Asc), (backups::Column::Id, Direction::Asc)];
    let query = Query { project: None, conditions: Vec::new(), sort };
    let part = Part { after: None, offset: 0, limit: MAX_BACKUPS };
    let mut found = Vec::new();
    query.each(conn, &part, |backup| {
        let asked = wanted.is_none_or(|id| id == backup.id);
        if asked && matches!(backup.status, BackupStatus::Available | BackupStatus::Restoring) {
            found.push(backup);
        }
        Ok(())
    })?;
    let with_source = |backup| operations::backup::source(conn, &backup).map(|source| (backup, source));
    found.into_iter().map(with_source).collect()
}
