//! What is counted, and what there is.

use std::collections::HashMap;

use model::quota::Counted;
use model::{MigrationStatus, ProjectId, VolumeTypeId};
use testkit::invariants::{self, Residue};
use testkit::{Process, World};

use super::{LIMITS, PROJECTS};

/// Lets everything come to rest, and asserts that the books are right.
pub(super) fn rest(world: &mut World) {
    loop {
        world.process().settle();
        if !world.process().faults.is_crashed() {
            break;
        }
        world.restart();
    }
    let process = world.process();
    process.faults.calm();
    invariants::assert(process, Residue::None, "at rest");
    for project in PROJECTS.map(ProjectId::new) {
        let (counted, there) = (counted(process, &project), counted_anew(process, &project));
        assert_eq!(counted, there, "what is counted for {project}, and what there is");
        for (name, limit) in LIMITS {
            let used = there.get(name).copied().unwrap_or(0);
            assert!(used <= limit, "{project} has {used} {name}, and may have {limit}");
        }
    }
    for id in invariants::everything(process).0 {
        let row = process.volume(id).expect("a volume");
        let rests = [None, Some(MigrationStatus::Success), Some(MigrationStatus::Error)];
        assert!(rests.contains(&row.migration_status), "{id} is in migration: {:?}", row.migration_status);
    }
}

/// What the counters of a project say, by the names of the limits; zeros are left out.
fn counted(process: &Process, project: &ProjectId) -> HashMap<String, i64> {
    let (project, types) = (project.clone(), type_names(process));
    let usage = process.read(move |conn| store::quotas::usage(conn, &project));
    let named = |key: String| match key.split_once(':') {
        None => key,
        Some((resource, id)) => format!("{resource}_{}", types[&id.parse().expect("a type")]),
    };
    usage.into_iter().filter(|(_, used)| *used != 0).map(|(key, used)| (named(key), used)).collect()
}

/// The same from what there is.
fn counted_anew(process: &Process, project: &ProjectId) -> HashMap<String, i64> {
    let ((volumes, snapshots), types) = (invariants::everything(process), type_names(process));
    let mut used = HashMap::new();
    let mut add = |counted: Counted, of_type: Option<VolumeTypeId>, amount: u64| {
        let amount = i64::try_from(amount).expect("a small number");
        let names = [Some(None), of_type.map(|id| Some(types[&id].as_str()))];
        for name in names.into_iter().flatten().filter(|_| amount > 0) {
            *used.entry(counted.limit_name(name)).or_default() += amount;
        }
    };
    for row in volumes.iter().filter_map(|id| process.volume(*id)).filter(|it| it.project_id == *project) {
        add(Counted::Volumes, Some(row.volume_type_id), 1);
        add(Counted::Gigabytes, Some(row.volume_type_id), row.size_gib);
    }
    let snapshots = snapshots.iter().filter_map(|id| process.snapshot_row(*id));
    for row in snapshots.filter(|it| it.project_id == *project) {
        add(Counted::Snapshots, Some(row.volume_type_id), 1);
        add(Counted::Gigabytes, Some(row.volume_type_id), row.size_gib);
    }
    for row in process.backups().iter().filter(|it| it.project_id == *project) {
        add(Counted::Backups, None, 1);
        add(Counted::BackupGigabytes, None, row.size_gib);
    }
    for _ in process.groups().iter().filter(|it| it.project_id == *project) {
        add(Counted::Groups, None, 1);
    }
    used
}

/// The names of the volume types.
pub(super) fn type_names(process: &Process) -> HashMap<VolumeTypeId, String> {
    process.read(store::volume_types::names)
}
