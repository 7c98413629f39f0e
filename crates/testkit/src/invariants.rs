//! What must be true whenever nothing is under way, however often and wherever a process died before.

use std::collections::BTreeMap;

use model::message::Message;
use model::service::ReplicationStatus;
use model::{
    AttachStatus, Attachment, Backup, Base, BaseStatus, Group, GroupSnapshot, GroupSnapshotStatus, ImageId,
    KeyId, MigrationStatus, Snapshot, SnapshotId, SnapshotStatus, Volume, VolumeId, VolumeStatus,
};
use ports::volume::FoundKind;
use ports::volume::bases::of_location;
use store::copies::VolumeCopy;
use store::list::{self, Direction, Part, Query};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use crate::{Process, content};

/// What may be left on a backend beside what is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residue {
    /// Nothing.
    None,
    /// What could not be removed from a broken backend, as long as its row is still there to be deleted.
    WithItsRow,
}

/// More rows than any test makes.
const MOST: usize = 100_000;
const ALL: Part = Part { after: None, offset: 0, limit: MOST };

/// Everything in the tables.
struct Rows {
    volumes: Vec<Volume>,
    snapshots: Vec<Snapshot>,
    groups: Vec<Group>,
    backups: Vec<Backup>,
    group_snapshots: Vec<GroupSnapshot>,
    attachments: Vec<Attachment>,
    messages: Vec<Message>,
    operations: Vec<OperationRow>,
    copies: Vec<VolumeCopy>,
    bases: Vec<Base>,
    /// Keys by their names.
    keys: Vec<(String, Option<KeyId>)>,
    /// Images that have a key.
    image_keys: Vec<ImageId>,
}

/// Asserts that nothing is wrong.
///
/// # Panics
/// Something is, with the whole list.
pub fn assert(process: &Process, residue: Residue, context: &str) {
    let findings = check(process, residue);
    assert!(findings.is_empty(), "{context}:\n  {}", findings.join("\n  "));
}

/// Asserts that nothing is wrong and nothing is there.
///
/// # Panics
/// Something is, with the whole list.
pub fn assert_empty(process: &Process, context: &str) {
    let mut findings = check(process, Residue::None);
    let rows = process.read(rows);
    findings.extend(rows.volumes.iter().map(|volume| format!("still there: {volume:?}")));
    findings.extend(rows.snapshots.iter().map(|snapshot| format!("still there: {snapshot:?}")));
    findings.extend(rows.keys.iter().map(|(name, _)| format!("still there: key {name}")));
    findings.extend(rows.image_keys.iter().map(|image| format!("still there: the key of image {image}")));
    findings.extend(rows.groups.iter().map(|group| format!("still there: {group:?}")));
    findings.extend(rows.backups.iter().map(|backup| format!("still there: {backup:?}")));
    findings.extend(rows.group_snapshots.iter().map(|snapshot| format!("still there: {snapshot:?}")));
    assert!(findings.is_empty(), "{context}:\n  {}", findings.join("\n  "));
}

/// Every volume and every snapshot that has a row.
#[must_use]
pub fn everything(process: &Process) -> (Vec<VolumeId>, Vec<SnapshotId>) {
    let rows = process.read(rows);
    let volumes = rows.volumes.iter().map(|volume| volume.id).collect();
    (volumes, rows.snapshots.iter().map(|snapshot| snapshot.id).collect())
}

/// Everything that is wrong.
#[must_use]
pub fn check(process: &Process, residue: Residue) -> Vec<String> {
    let rows = process.read(rows);
    let mut findings = process.overlaps.noticed();
    under_way(&rows, &mut findings);
    findings.extend(process.read(miscounts));
    unexplained(&rows, &mut findings);
    groups(&rows, &mut findings);
    let is_volume = |id: &String| rows.volumes.iter().any(|volume| volume.id.to_string() == *id);
    let strays = process.sites().into_keys().filter(|id| !is_volume(id));
    findings.extend(strays.map(|id| format!("volume {id} is gone, and kept at other sites")));
    crate::backups::check(process, residue, &mut findings);
    keys(process, &rows, &mut findings);
    backends(process, &rows, residue, &mut findings);
    exports(process, &rows, residue, &mut findings);
    findings.extend(crate::images::check(process));
    findings
}

fn under_way(rows: &Rows, findings: &mut Vec<String>) {
    let volumes = rows.volumes.iter().filter(|volume| volume.status.is_transitional());
    findings.extend(volumes.map(|volume| format!("volume {} is {}", volume.id, volume.status)));
    let snapshots = rows.snapshots.iter().filter(|snapshot| snapshot.status.is_transitional());
    findings.extend(snapshots.map(|snapshot| format!("snapshot {} is {}", snapshot.id, snapshot.status)));
    let pending = rows.operations.iter().filter(|operation| operation.state == "pending");
    findings.extend(pending.map(|operation| format!("not ended: {operation:?}")));
    let leaving = rows.attachments.iter().filter(|it| it.status == AttachStatus::Detaching);
    findings.extend(leaving.map(|it| format!("still detaching: {it:?}")));
    let half_grown = rows.volumes.iter().filter(|volume| volume.charged_gib != volume.size_gib);
    findings.extend(half_grown.map(|volume| {
        format!("volume {} of {} GiB is charged with {}", volume.id, volume.size_gib, volume.charged_gib)
    }));
}

fn miscounts(conn: &Conn<'_>) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    let quotas = store::quotas::recount(conn)?;
    findings.extend(quotas.into_iter().map(|drift| format!("a quota does not equal its recount: {drift:?}")));
    let pools = store::pools::recount(conn)?;
    findings.extend(pools.into_iter().map(|drift| format!("a pool does not equal its recount: {drift:?}")));
    let holding = store::operations::holding_after_end(conn)?;
    findings.extend(holding.into_iter().map(|operation| format!("holds on after its end: {operation:?}")));
    Ok(findings)
}

/// Failures that nobody was told about. What was given up for a deletion needs no words: its resource is gone.
fn unexplained(rows: &Rows, findings: &mut Vec<String>) {
    for failed in rows.operations.iter().filter(|operation| operation.state == "failed") {
        let (_, id) = failed.resource.split_once('/').unwrap_or_default();
        let told = rows.messages.iter().any(|message| message.resource_uuid.as_deref() == Some(id));
        let there = rows.volumes.iter().any(|volume| volume.id.to_string() == id)
            || rows.snapshots.iter().any(|snapshot| snapshot.id.to_string() == id)
            || rows.backups.iter().any(|backup| backup.id.to_string() == id)
            || rows.groups.iter().any(|group| group.id.to_string() == id)
            || rows.group_snapshots.iter().any(|snapshot| snapshot.id.to_string() == id);
        if there && !told {
            findings.push(format!("failed without a message: {failed:?}"));
        }
        if failed.last_error.as_deref().unwrap_or_default().is_empty() {
            findings.push(format!("failed without a reason: {failed:?}"));
        }
    }
}

/// Groups, their volumes and snapshots are what they are together.
fn groups(rows: &Rows, findings: &mut Vec<String>) {
    let doing = rows.groups.iter().filter(|group| group.status.is_transitional());
    findings.extend(doing.map(|group| format!("group {} is {}", group.id, group.status)));
    let doing = rows.group_snapshots.iter().filter(|snapshot| snapshot.status.is_transitional());
    findings.extend(doing.map(|snapshot| format!("group snapshot {} is {}", snapshot.id, snapshot.status)));
    let replicating = rows.groups.iter().filter(|group| group.replication_status.is_transitional());
    findings.extend(replicating.map(|group| format!("group {} is {}", group.id, group.replication_status)));
    for volume in &rows.volumes {
        let replication = volume.replication_status.as_deref().and_then(|word| word.parse().ok());
        if replication.is_some_and(ReplicationStatus::is_transitional) {
            findings.push(format!("the replication of volume {} is {replication:?}", volume.id));
        }
        if volume.group_id.is_some_and(|id| !rows.groups.iter().any(|group| group.id == id)) {
            findings.push(format!("volume {} is in a group that is gone", volume.id));
        }
    }
    for part in &rows.snapshots {
        let Some(id) = part.group_snapshot_id else { continue };
        match rows.group_snapshots.iter().find(|whole| whole.id == id) {
            None => findings.push(format!("snapshot {} is part of what is gone", part.id)),
            Some(whole) => {
                let whole_is_there = whole.status == GroupSnapshotStatus::Available;
                if whole_is_there && part.status != SnapshotStatus::Available {
                    findings
                        .push(format!("snapshot {} is {}, and all of it available", part.id, part.status));
                }
            }
        }
    }
}

/// Every key is a volume's, and what was encrypted can be opened.
fn keys(process: &Process, rows: &Rows, findings: &mut Vec<String>) {
    let is_of = |name: &str, volume: &Volume| {
        let known = [volume.id, volume.name_on_backend()];
        known.iter().any(|id| name == operations::keys::name_of(*id))
    };
    let of_copy = |name: &str| {
        rows.copies
            .iter()
            .any(|copy| copy.own_key && name == operations::keys::name_of(copy.name_on_backend()))
    };
    let of_backup =
        |name: &str| rows.backups.iter().any(|backup| name == operations::keys::name_of_backup(backup.id));
    let of_image = |name: &str| rows.image_keys.iter().any(|id| name == operations::keys::name_of_image(*id));
    // What a restore has brought has a name of its own.
    let noted = |id: Option<KeyId>| rows.volumes.iter().any(|it| id.is_some() && it.encryption_key_id == id);
    let orphans = rows.keys.iter().filter(|(name, id)| {
        !noted(*id)
            && !of_backup(name)
            && !of_image(name)
            && !of_copy(name)
            && !rows.volumes.iter().any(|volume| is_of(name, volume))
    });
    findings.extend(orphans.map(|(name, _)| format!("key {name} belongs to nothing")));
    for volume in &rows.volumes {
        if let Some(Err(why)) = volume.encryption_key_id.map(|key| process.key(key)) {
            findings.push(format!("volume {} cannot be opened: {why}", volume.id));
        }
    }
}

/// What stands on a base stands on one that is there, on its own backend.
fn standing(rows: &Rows, findings: &mut Vec<String>) {
    let mut check = |what: String, location: &Option<String>, host: &str| {
        let Some(id) = of_location(location.as_deref()) else { return };
        let stays = |base: &&Base| base.status != BaseStatus::Removing && base.backend == host;
        if rows.bases.iter().filter(stays).all(|base| base.id != id) {
            findings.push(format!("{what} stands on base {id}, which is not there"));
        }
    };
    for volume in &rows.volumes {
        check(format!("volume {}", volume.id), &volume.provider_location, home(volume));
    }
    for snapshot in &rows.snapshots {
        let host = rows.volumes.iter().find(|volume| volume.id == snapshot.volume_id).map_or("", home);
        check(format!("snapshot {}", snapshot.id), &snapshot.provider_location, host);
    }
}

fn backends(process: &Process, rows: &Rows, residue: Residue, findings: &mut Vec<String>) {
    let homes: BTreeMap<String, &str> = rows.volumes.iter().map(|it| (it.id.to_string(), home(it))).collect();
    let named = |name| rows.volumes.iter().find(|volume| volume.name_on_backend() == name);
    let mut files = BTreeMap::new();
    for backend in process.backends.values() {
        let host = &backend.host;
        for found in backend.driver.list().expect("a backend that can be listed") {
            let what = format!("{} on {host}", found.name);
            let belongs = match found.kind {
                FoundKind::Volume(id) => {
                    let mut copies = rows.copies.iter().filter(|copy| copy.name_on_backend() == id);
                    named(id).is_some_and(|volume| home(volume) == host)
                        || copies.any(|copy| model::service::backend_of(&copy.host) == host)
                }
                FoundKind::Snapshot(id) => {
                    let of = rows.snapshots.iter().find(|snapshot| snapshot.id == id);
                    let frozen = rows.backups.iter().any(|it| it.temp_snapshot_id == Some(id));
                    of.is_some_and(|it| homes.get(&it.volume_id.to_string()) == Some(&host.as_str()))
                        || (frozen && residue == Residue::WithItsRow)
                }
                FoundKind::Base(id) => rows.bases.iter().any(|base| base.id == id && base.backend == *host),
                FoundKind::Unfinished => residue == Residue::WithItsRow && is_of_a_row(&found.name, rows),
            };
            if !belongs && !was_let_go(&found.name, rows) {
                findings.push(format!("{what} belongs to nothing"));
            }
            files.insert(found.name, host.clone());
        }
    }
    for volume in &rows.volumes {
        let there = files.contains_key(&format!("volume-{}", volume.name_on_backend()));
        if matches!(volume.status, VolumeStatus::Available | VolumeStatus::InUse) {
            if !there {
                findings.push(format!("volume {} is {}, but nowhere", volume.id, volume.status));
            } else if let Err(why) = content::check_size(process, volume) {
                findings.push(why);
            }
        }
        if volume.launched_at.is_none() && there && residue == Residue::None {
            findings.push(format!("volume {} is {}, but was made", volume.id, volume.status));
        }
    }
    standing(rows, findings);
    for snapshot in &rows.snapshots {
        let there = files.contains_key(&format!("snapshot-{}", snapshot.id));
        match snapshot.status {
            SnapshotStatus::Available if !there => {
                findings.push(format!("snapshot {} is available, but nowhere", snapshot.id));
            }
            SnapshotStatus::Error if there && residue == Residue::None => {
                findings.push(format!("snapshot {} is error, but was made", snapshot.id));
            }
            _ => {}
        }
    }
}

/// Whether an operation has left this to nobody: what was let go, or was not taken over and kept our name.
fn was_let_go(name: &str, rows: &Rows) -> bool {
    rows.operations.iter().any(|operation| {
        let left = match operation.kind.as_str() {
            "volume.unmanage" | "snapshot.unmanage" => operation.state == "done",
            "volume.manage" => operation.state == "failed",
            _ => false,
        };
        left && operation.resource.replace('/', "-") == name
    })
}

/// Who is let in to which volume, as far as the backends keep account of it.
fn exports(process: &Process, rows: &Rows, residue: Residue, findings: &mut Vec<String>) {
    for (id, hosts) in process.exports() {
        let Some(volume) = rows.volumes.iter().find(|volume| volume.name_on_backend().to_string() == id)
        else {
            let mut copies = rows.copies.iter();
            let is_left = copies.any(|copy| copy.name_on_backend().to_string() == id);
            if !(is_left && residue == Residue::WithItsRow) {
                findings.push(format!("{hosts:?} are let in to volume {id}, which is not there"));
            }
            continue;
        };
        let rests =
            volume.status == VolumeStatus::Available && volume.attach_status == AttachStatus::Detached;
        // Who came with a request, or to copy the volume to another machine.
        let failed = rows.attachments.iter().any(|it| it.volume_id == volume.id)
            || rows.copies.iter().any(|copy| copy.volume_id == volume.id)
            || volume.migration_status == Some(MigrationStatus::Error);
        if rests && !(failed && residue == Residue::WithItsRow) {
            findings.push(format!("{hosts:?} are let in to volume {id}, which is not attached"));
        }
    }
    let connected = rows.attachments.iter().filter(|it| it.connection_info.is_some());
    for attachment in connected.filter(|it| it.status != AttachStatus::ErrorDetaching) {
        let of = rows.volumes.iter().find(|volume| volume.id == attachment.volume_id);
        let id = of.map_or(attachment.volume_id, Volume::name_on_backend).to_string();
        if process.keeps_exports() && !process.exports().iter().any(|(volume, _)| *volume == id) {
            findings.push(format!("nobody is let in for {attachment:?}"));
        }
    }
}

fn is_of_a_row(name: &str, rows: &Rows) -> bool {
    rows.volumes.iter().any(|volume| name.ends_with(&volume.name_on_backend().to_string()))
        || rows.copies.iter().any(|copy| name.ends_with(&copy.name_on_backend().to_string()))
        || rows.snapshots.iter().any(|snapshot| name.ends_with(&snapshot.id.to_string()))
}

fn home(volume: &Volume) -> &str {
    volume.host.as_deref().map_or("", model::service::backend_of)
}

fn rows(conn: &Conn<'_>) -> Result<Rows, StoreError> {
    let volumes = all_volumes(conn)?;
    let snapshots = every(list::snapshots::Column::Id).rows(conn, &ALL)?;
    let groups = all_groups(conn)?;
    let backups = crate::backups::all(conn)?;
    let group_snapshots = all_group_snapshots(conn)?;
    let attachments = every(list::attachments::Column::Id).rows(conn, &ALL)?;
    let messages = messages(conn)?;
    let copies = store::copies::list(conn)?;
    let operations = store::operations::list(conn, true, MOST)?;
    let names = store::sealed_keys::names(conn)?.into_iter();
    let keys = names.map(|name| Ok((name.clone(), store::sealed_keys::named(conn, &name)?)));
    let keys = keys.collect::<Result<_, StoreError>>()?;
    Ok(Rows {
        volumes,
        snapshots,
        attachments,
        groups,
        backups,
        group_snapshots,
        messages,
        operations,
        copies,
        bases: store::bases::all(conn)?,
        keys,
        image_keys: store::image_keys::list(conn)?,
    })
}

/// Every volume.
pub(crate) fn all_volumes(conn: &Conn<'_>) -> Result<Vec<Volume>, StoreError> {
    every(list::volumes::Column::Id).rows(conn, &ALL)
}

/// Every group.
pub(crate) fn all_groups(conn: &Conn<'_>) -> Result<Vec<Group>, StoreError> {
    every(list::groups::Column::Id).rows(conn, &ALL)
}

/// Every snapshot of a group.
pub(crate) fn all_group_snapshots(conn: &Conn<'_>) -> Result<Vec<GroupSnapshot>, StoreError> {
    every(list::group_snapshots::Column::Id).rows(conn, &ALL)
}

/// Every user message.
pub(crate) fn messages(conn: &Conn<'_>) -> Result<Vec<Message>, StoreError> {
    every(list::messages::Column::Id).rows(conn, &ALL)
}

fn every<C>(id: C) -> Query<C> {
    Query { project: None, conditions: Vec::new(), sort: vec![(id, Direction::Asc)] }
}
