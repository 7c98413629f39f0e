//! Backups: requests about them, as the API would hand them to the desk, and what must be true of them.

use std::collections::BTreeSet;
use std::path::Path;

use backup::chunked::Options;
use backup::{Algorithm, Budget, Engine, Format, Means};
use model::{Backup, BackupId, BackupStatus, Metadata, SnapshotId, VolumeId};
use operations::backup::import::Exported;
use operations::backup::restore::Target;
use operations::backup::{Keeper, create, delete, edit, import, restore};
use operations::volume::create::{Create, Sources};
use operations::{Refused, Requester};
use ports::chaos::{ChaosStore, Faults};
use store::list::{self, Direction, Part, Query};
use store::{Conn, StoreError};

use crate::Process;
use crate::client::{blank, requester};
use crate::invariants::Residue;

/// More rows than any test makes.
const ALL: Part = Part { after: None, offset: 0, limit: 100_000 };

/// The keeper of a process: objects of which a simulated GiB needs two, made by one thread, so that everything happens in
/// the same order every time.
pub(crate) fn keeper(root: &Path, faults: &Faults, format: Format) -> Keeper {
    let posix = backends::backup::posix::PosixStore::new(root.to_owned());
    let engine = Engine {
        store: std::sync::Arc::new(ChaosStore::new(posix, faults.clone())),
        format,
        options: Options { object_bytes: 32 << 10, block_bytes: 4096, algorithm: Algorithm::Zlib },
        key: None,
        means: Means { threads: 1, budget: Budget::new(8 << 20) },
    };
    Keeper { engine, scratch: root.with_extension("scratch") }
}

/// A request for a full backup.
#[must_use]
pub fn full(volume_id: VolumeId) -> create::Create {
    create::Create {
        volume_id,
        snapshot_id: None,
        name: None,
        description: None,
        container: None,
        incremental: false,
        parent_id: None,
        force: false,
        metadata: Metadata::default(),
        availability_zone: None,
    }
}

/// A request for a volume with the content of a backup.
#[must_use]
pub fn from_backup(size_gib: u64, source: BackupId) -> Create {
    Create {
        sources: Sources { backup_id: Some(source.to_string()), ..Sources::default() },
        ..blank(size_gib)
    }
}

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn back_up(&self, request: create::Create) -> Result<BackupId, Refused> {
        Ok(self.run(create::accept(&self.desk, &requester(), request))?.id)
    }

    pub fn back_up_snapshot(&self, volume: VolumeId, snapshot: SnapshotId) -> Result<BackupId, Refused> {
        self.back_up(create::Create { snapshot_id: Some(snapshot), ..full(volume) })
    }

    pub fn delete_backup(&self, id: BackupId, force: bool) -> Result<(), Refused> {
        self.run(delete::accept(&self.desk, &requester(), id, force))
    }

    pub fn restore(&self, id: BackupId, target: Target) -> Result<VolumeId, Refused> {
        Ok(self.run(restore::accept(&self.desk, &requester(), id, target))?.id)
    }

    pub fn export_backup(&self, id: BackupId) -> Result<Exported, Refused> {
        self.run(import::export(&self.desk, &requester(), id))
    }

    pub fn import_backup(&self, exported: Exported) -> Result<BackupId, Refused> {
        Ok(self.run(import::accept(&self.desk, &requester(), exported))?.id)
    }

    pub fn reset_backup(&self, id: BackupId, status: BackupStatus) -> Result<(), Refused> {
        self.run(edit::reset_status(&self.desk, &requester(), id, status))
    }

    /// The same, by a requester.
    pub fn back_up_as(&self, who: &Requester, request: create::Create) -> Result<BackupId, Refused> {
        Ok(self.run(create::accept(&self.desk, who, request))?.id)
    }

    /// Every backup, oldest first.
    #[must_use]
    pub fn backups(&self) -> Vec<Backup> {
        self.read(all)
    }

    /// A backup's row, if there is one.
    #[must_use]
    pub fn backup(&self, id: BackupId) -> Option<Backup> {
        self.read(move |conn| store::backups::get(conn, id))
    }
}

pub(crate) fn all(conn: &Conn<'_>) -> Result<Vec<Backup>, StoreError> {
    use list::backups::Column;
    let sort = vec![(Column::CreatedAt, Direction::Asc), (Column::Id, Direction::Asc)];
    Query { project: None, conditions: Vec::new(), sort }.rows(conn, &ALL)
}

/// What is wrong with the backups: statuses, objects of nobody, backups without objects.
pub(crate) fn check(process: &Process, residue: Residue, findings: &mut Vec<String>) {
    let (backups, operations) = (process.backups(), process.operations());
    let mut objects = BTreeSet::new();
    walk(&process.backup_root, &process.backup_root, &mut objects);
    let of = |backup: &Backup| -> Option<String> {
        Some(format!("{}/{}", backup.container.as_ref()?, backup.service_metadata.as_ref()?))
    };
    for backup in &backups {
        if backup.status.is_transitional() {
            findings.push(format!("backup {} is {}", backup.id, backup.status));
        }
        let prefix = of(backup);
        let there: Vec<&String> = objects
            .iter()
            .filter(|it| prefix.as_ref().is_some_and(|prefix| it.starts_with(prefix)))
            .collect();
        let whole = there.iter().any(|name| name.ends_with("_metadata") || name.ends_with("_manifest"));
        if backup.status == BackupStatus::Available && !whole {
            findings.push(format!("backup {} is available, but nowhere", backup.id));
        }
        let taken_over = operations
            .iter()
            .any(|it| it.kind == "backup.import" && it.resource.ends_with(&backup.id.to_string()));
        if backup.status == BackupStatus::Error
            && residue == Residue::None
            && !there.is_empty()
            && !taken_over
        {
            findings.push(format!("backup {} is error, but was made: {there:?}", backup.id));
        }
        if backup.temp_snapshot_id.is_some() && residue == Residue::None {
            findings.push(format!("backup {} has left a snapshot behind", backup.id));
        }
    }
    let prefixes: Vec<String> = backups.iter().filter_map(of).collect();
    // What a deleted backup has put, another one may lead to.
    let shared = format!("besser/{}", backup::packed::PREFIX);
    let is_shared = |it: &str| it.starts_with(&shared) && prefixes.iter().any(|it| it.starts_with(&shared));
    let is_known = |it: &str| prefixes.iter().any(|prefix| it.starts_with(prefix)) || is_shared(it);
    let strange = objects.iter().filter(|it| !is_known(it));
    findings.extend(strange.map(|object| format!("the object {object} belongs to nothing")));
}

fn walk(root: &Path, directory: &Path, objects: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        // What a dead process was writing goes with the next start, and belongs to nobody until then.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, objects);
        } else if let Ok(name) = path.strip_prefix(root) {
            objects.insert(name.display().to_string());
        }
    }
}

/// Deletes every backup, increments first.
pub(crate) fn raze(process: &Process) {
    loop {
        let backups = process.backups();
        let last: Vec<&Backup> = backups.iter().filter(|backup| backup.dependents == 0).collect();
        if last.is_empty() {
            assert!(backups.is_empty(), "backups that build on each other: {backups:?}");
            return;
        }
        for backup in last {
            process.delete_backup(backup.id, true).expect("a backup that can be deleted");
        }
        process.settle();
        assert!(process.backups().len() < backups.len(), "a backup that can be deleted is gone afterwards");
    }
}
