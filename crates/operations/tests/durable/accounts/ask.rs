//! Having it happen.

use std::time::Duration;

use model::{
    BackupId, BackupStatus, GroupId, GroupSnapshotId, GroupStatus, ProjectId, SnapshotId, SnapshotStatus,
    VolumeId, VolumeStatus,
};
use operations::backup::restore::Target;
use operations::volume::create::Create;
use operations::volume::delete;
use ports::volume::{FoundKind, Reference};
use testkit::{Process, blank, blank_of_type, from_snapshot, from_volume, full, invariants, plain_group};

use super::acts::Act;
use super::books::type_names;
use super::{GOLD, PROJECTS};

/// What is there to be chosen from: what nothing is done to comes first.
struct There {
    volumes: Vec<VolumeId>,
    snapshots: Vec<SnapshotId>,
    backups: Vec<BackupId>,
    groups: Vec<GroupId>,
    group_snapshots: Vec<GroupSnapshotId>,
}

/// One of what is there.
fn pick<T: Clone>(from: &[T], number: usize) -> Option<T> {
    from.get(number % from.len().max(1)).cloned()
}

/// The identifiers of `rows`, those of which `rests` holds first.
fn by_rest<R, I>(
    rows: impl IntoIterator<Item = R>,
    id: impl Fn(&R) -> I,
    rests: impl Fn(&R) -> bool,
) -> Vec<I> {
    let (resting, others): (Vec<R>, Vec<R>) = rows.into_iter().partition(rests);
    resting.iter().chain(&others).map(id).collect()
}

impl There {
    /// What was accepted without anybody hearing of it is found here.
    fn look(process: &Process) -> Self {
        let (volumes, snapshots) = invariants::everything(process);
        let volumes = volumes.iter().filter_map(|id| process.volume(*id));
        let snapshots = snapshots.iter().filter_map(|id| process.snapshot_row(*id));
        Self {
            volumes: by_rest(volumes, |it| it.id, |it| it.status == VolumeStatus::Available),
            snapshots: by_rest(snapshots, |it| it.id, |it| it.status == SnapshotStatus::Available),
            backups: by_rest(process.backups(), |it| it.id, |it| it.status == BackupStatus::Available),
            groups: by_rest(process.groups(), |it| it.id, |it| it.status == GroupStatus::Available),
            group_snapshots: process.group_snapshots().iter().map(|snapshot| snapshot.id).collect(),
        }
    }
}

/// What the backends have that is in no row, with the backend that has it.
fn strangers(process: &Process) -> Vec<(&'static str, String, FoundKind)> {
    let there = There::look(process);
    let is_strange = |kind: &FoundKind| match kind {
        FoundKind::Volume(id) => !there.volumes.contains(id),
        FoundKind::Snapshot(id) => !there.snapshots.contains(id),
        FoundKind::Base(_) | FoundKind::Unfinished => false,
    };
    let of = |backend| {
        let found = process.driver(backend).list().unwrap_or_default();
        found.into_iter().filter(|it| is_strange(&it.kind)).map(move |it| (backend, it.name, it.kind))
    };
    of("a").chain(of("b")).collect()
}

/// Has it happen. None when nothing was asked for, or it was refused: whether it is is not the question here.
pub(super) fn ask(process: &Process, act: &Act) -> Option<()> {
    let there = There::look(process);
    let row = |number: usize| pick(&there.volumes, number).and_then(|id| process.volume(id));
    let snapshot = |number: usize| pick(&there.snapshots, number).and_then(|id| process.snapshot_row(id));
    match *act {
        Act::Create { size_gib, is_gold } => {
            let asked = if is_gold { blank_of_type(size_gib, GOLD) } else { blank(size_gib) };
            process.create(asked).ok().map(drop)
        }
        Act::CreateInGroup { group } => {
            let group_id = pick(&there.groups, group)?.to_string();
            process.create(Create { group_id: Some(group_id), ..blank_of_type(1, GOLD) }).ok().map(drop)
        }
        Act::Copy { volume, more_gib } => {
            let row = row(volume)?;
            process.create(from_volume(row.size_gib + more_gib, row.id)).ok().map(drop)
        }
        Act::Revive { snapshot: number } => {
            let row = snapshot(number)?;
            process.create(from_snapshot(row.size_gib, row.id)).ok().map(drop)
        }
        Act::Extend { volume, more_gib } => {
            let row = row(volume)?;
            process.extend(row.id, row.size_gib + more_gib).ok()
        }
        Act::Retype { volume, may_migrate } => {
            let row = row(volume)?;
            let types = type_names(process);
            let is_gold = types.get(&row.volume_type_id).is_some_and(|name| name == GOLD);
            let to = if is_gold { types.values().find(|name| *name != GOLD)?.as_str() } else { GOLD };
            process.retype(row.id, to, may_migrate).ok()
        }
        Act::Migrate { volume, to_b } => {
            process.migrate(row(volume)?.id, if to_b { "b" } else { "a" }, false).ok()
        }
        Act::Revert { snapshot: number } => {
            let row = snapshot(number)?;
            process.revert(row.volume_id, row.id).ok()
        }
        Act::Delete { volume, cascade, force } => {
            process.delete(row(volume)?.id, delete::Options { cascade, force }).ok()
        }
        Act::Unmanage { volume } => process.unmanage(row(volume)?.id).ok(),
        Act::Manage { found } => {
            let mut volumes = strangers(process);
            volumes.retain(|(.., kind)| matches!(kind, FoundKind::Volume(_)));
            let (backend, name, _) = pick(&volumes, found)?;
            process.manage(backend, Reference::name(name)).ok().map(drop)
        }
        Act::Snapshot { volume } => process.snapshot(row(volume)?.id).ok().map(drop),
        Act::DeleteSnapshot { snapshot: number } => process.delete_snapshot(snapshot(number)?.id, false).ok(),
        Act::UnmanageSnapshot { snapshot: number } => process.unmanage_snapshot(snapshot(number)?.id).ok(),
        Act::ManageSnapshot { found } => {
            let mut snapshots = strangers(process);
            snapshots.retain(|(.., kind)| matches!(kind, FoundKind::Snapshot(_)));
            let (_, name, _) = pick(&snapshots, found)?;
            process.manage_snapshot(row(found)?.id, Reference::name(name)).ok().map(drop)
        }
        Act::HandOver { volume, no_snapshots } => hand_over(process, row(volume)?.id, no_snapshots),
        Act::Offer { volume, withdrawn } => {
            let (offer, _) = process.offer(row(volume)?.id, false).ok()?;
            if withdrawn { process.withdraw_offer(offer).ok() } else { Some(()) }
        }
        Act::BackUp { volume, incremental } => {
            let asked = operations::backup::create::Create { incremental, ..full(row(volume)?.id) };
            process.back_up(asked).ok().map(drop)
        }
        Act::Restore { backup, over } => {
            let over = over.map(row);
            let target = over.map_or(Some(Target::New(None)), |row| Some(Target::Volume(row?.id)))?;
            process.restore(pick(&there.backups, backup)?, target).ok().map(drop)
        }
        Act::DeleteBackup { backup, force } => {
            process.delete_backup(pick(&there.backups, backup)?, force).ok()
        }
        Act::CreateGroup => {
            let mut asked = plain_group();
            asked.volume_types.push(GOLD.to_owned());
            process.create_group(asked).ok().map(drop)
        }
        Act::Join { group, volume } => {
            process.move_volumes(pick(&there.groups, group)?, &[row(volume)?.id], &[]).ok()
        }
        Act::Leave { group } => {
            let group = pick(&there.groups, group)?;
            process.move_volumes(group, &[], &process.members(group)).ok()
        }
        Act::DeleteGroup { group, volumes_too } => {
            process.delete_group(pick(&there.groups, group)?, volumes_too).ok()
        }
        Act::SnapshotGroup { group } => process.snapshot_group(pick(&there.groups, group)?).ok().map(drop),
        Act::DeleteGroupSnapshot { snapshot } => {
            process.delete_group_snapshot(pick(&there.group_snapshots, snapshot)?).ok()
        }
        Act::Abandon { operation } => {
            let id = pick(&process.pending(), operation)?.id;
            let given_up = process.desk.store.write(move |conn| store::operations::abandon(conn, id));
            process.run(given_up).ok().map(drop)
        }
        Act::Pass { ms } => {
            process.run_for(Duration::from_millis(ms));
            None
        }
        Act::DieIn { points } => {
            process.faults.crash_at(process.faults.count() + points);
            None
        }
        Act::Rest => None,
    }
}

/// To the project that does not have it.
fn hand_over(process: &Process, id: VolumeId, no_snapshots: bool) -> Option<()> {
    let owner = process.volume(id)?.project_id;
    let (offer, key) = process.offer(id, no_snapshots).ok()?;
    let taker = PROJECTS.map(ProjectId::new).into_iter().find(|project| *project != owner)?;
    process.take_over(&taker, offer, key).ok()
}
