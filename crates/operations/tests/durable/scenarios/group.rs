//! Groups and their snapshots.

use model::{GroupId, GroupSnapshotId, GroupSnapshotStatus, GroupStatus, SnapshotStatus, VolumeStatus};
use operations::group::create_from_src::Source;
use operations::volume::create::Create;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank, consistency_group, content, invariants, plain_group};

use super::{SEED, assert_written, status, written_volume};

pub(crate) const CREATE: Scenario = Scenario {
    name: "creating a group, and a volume in it before it is there",
    kinds: &["group.create"],
    options: || Options::with([BackendOptions::thin("a"), BackendOptions::thin("b")]),
    prepare: |process| {
        process.add_plain_groups();
        Things::default()
    },
    act: |process, _| {
        let group = process.create_group(plain_group())?;
        process.create(member(1, group)).map(drop)
    },
    ending: |process, _| {
        let groups = process.groups();
        let [group] = groups.as_slice() else { return Ending::Never };
        assert_eq!(group.status, GroupStatus::Available);
        let members = process.members(group.id);
        let [volume] = members.as_slice() else { return Ending::InPart };
        let volume = process.volume(*volume).expect("a volume");
        match volume.status {
            VolumeStatus::Available => {
                let home = |host: &Option<String>| {
                    host.as_deref().map(model::service::backend_of).map(str::to_owned)
                };
                assert_eq!(home(&volume.host), home(&group.host), "a member is where its group is");
                Ending::Done
            }
            VolumeStatus::Error => Ending::Failed,
            status => panic!("{status} is no way to end"),
        }
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const CREATE_NOWHERE: Scenario = Scenario {
    name: "creating a group that no backend takes",
    kinds: &["group.create"],
    options: Options::default,
    prepare: |process| {
        process.write(|conn| {
            let found = store::volume_types::by_name(conn, model::volume_type::DEFAULT_TYPE_NAME)?;
            let specs = [("volume_backend_name".to_owned(), "elsewhere".to_owned())];
            let edit = store::volume_types::Edit {
                extra_specs: Some(specs.into_iter().collect()),
                ..Default::default()
            };
            store::volume_types::edit(conn, found.expect("the default type").id, &edit)
        });
        Things::default()
    },
    act: |process, _| process.create_group(consistency_group()).map(drop),
    ending: |process, _| {
        let groups = process.groups();
        let [group] = groups.as_slice() else { return Ending::Never };
        assert_eq!(group.status, GroupStatus::Error);
        assert_eq!(process.told(&group.id.to_string()).len(), 1);
        Ending::Failed
    },
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

pub(crate) const CREATE_FROM_SNAPSHOT: Scenario = Scenario {
    name: "creating a group from a snapshot of one",
    kinds: &["group.create_from_src"],
    options: Options::default,
    prepare: |process| {
        let things = written_group(process);
        snapshot(process, the_group(process));
        things
    },
    act: |process, _| {
        let id = process.group_snapshots()[0].id;
        process.create_group_from(Source::GroupSnapshot(id)).map(drop)
    },
    ending: copied,
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const CREATE_FROM_GROUP: Scenario = Scenario {
    name: "creating a group from another",
    kinds: &["group.create_from_src"],
    options: Options::default,
    prepare: written_group,
    act: |process, _| process.create_group_from(Source::Group(the_group(process))).map(drop),
    ending: copied,
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const UPDATE: Scenario = Scenario {
    name: "putting a volume into a group and another out",
    kinds: &["group.update"],
    options: Options::default,
    prepare: |process| {
        let mut things = written_group(process);
        things.volumes.push(written_volume(process, 1));
        things
    },
    act: |process, things| {
        process.move_volumes(the_group(process), &things.volumes[2..], &things.volumes[..1])
    },
    ending: |process, things| {
        let group = &process.groups()[0];
        assert_eq!(group.status, GroupStatus::Available);
        let members = process.members(group.id);
        if members == things.volumes[..2] {
            return Ending::Never;
        }
        assert_eq!(members, things.volumes[1..]);
        Ending::Done
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

pub(crate) const DELETE: Scenario = Scenario {
    name: "deleting a group with its volumes",
    kinds: &["group.delete"],
    options: Options::default,
    prepare: written_group,
    act: |process, _| process.delete_group(the_group(process), true),
    ending: |process, things| match process.groups().as_slice() {
        [] => {
            assert!(things.volumes.iter().all(|id| status(process, *id).is_none()));
            Ending::Done
        }
        [group] => match group.status {
            GroupStatus::Available => Ending::Never,
            GroupStatus::Error => {
                assert_eq!(process.told(&group.id.to_string()).len(), 1);
                Ending::Failed
            }
            status => panic!("{status} is no way to end"),
        },
        more => panic!("one group, not {}", more.len()),
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const DELETE_WHILE_CREATING: Scenario = Scenario {
    name: "deleting a group that is being made from another",
    kinds: &["group.create_from_src", "group.delete"],
    options: Options::default,
    prepare: written_group,
    act: |process, _| {
        let id = process.create_group_from(Source::Group(the_group(process)))?;
        process.delete_group(id, true)
    },
    ending: |process, things| {
        things.volumes.iter().for_each(|id| assert_written(process, *id, 1));
        let begun = process.operations().iter().any(|operation| operation.kind == "group.create_from_src");
        match process.groups().iter().find(|group| group.source_group_id.is_some()).map(|group| group.status)
        {
            None if begun => Ending::Done,
            None => Ending::Never,
            Some(GroupStatus::Error) => Ending::Failed,
            Some(GroupStatus::Available) => Ending::InPart,
            Some(status) => panic!("{status} is no way to end"),
        }
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const SNAPSHOT: Scenario = Scenario {
    name: "taking a snapshot of a group",
    kinds: &["group_snapshot.create"],
    options: || Options::with([BackendOptions::thick("a", 4)]),
    prepare: written_group,
    act: |process, _| process.snapshot_group(the_group(process)).map(drop),
    ending: taken,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const SNAPSHOT_WITHOUT_ROOM: Scenario = Scenario {
    name: "taking a snapshot of a group for which there is no room",
    kinds: &["group_snapshot.create"],
    options: || Options::with([BackendOptions::thick("a", 3)]),
    prepare: written_group,
    act: |process, _| process.snapshot_group(the_group(process)).map(drop),
    ending: taken,
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

pub(crate) const DELETE_SNAPSHOT: Scenario = Scenario {
    name: "deleting a snapshot of a group",
    kinds: &["group_snapshot.delete"],
    options: Options::default,
    prepare: |process| {
        let things = written_group(process);
        snapshot(process, the_group(process));
        things
    },
    act: |process, _| process.delete_group_snapshot(process.group_snapshots()[0].id),
    ending: |process, things| {
        things.volumes.iter().for_each(|id| assert_written(process, *id, 1));
        let (_, parts) = invariants::everything(process);
        match process.group_snapshots().as_slice() {
            [] => {
                assert!(parts.is_empty());
                Ending::Done
            }
            [left] => match left.status {
                GroupSnapshotStatus::Available => Ending::Never,
                GroupSnapshotStatus::Error => {
                    assert_eq!(process.told(&left.id.to_string()).len(), 1);
                    Ending::Failed
                }
                status => panic!("{status} is no way to end"),
            },
            more => panic!("one group snapshot, not {}", more.len()),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// A request for a blank volume in a group.
fn member(size_gib: u64, group: GroupId) -> Create {
    let volume_type = Some(model::volume_type::DEFAULT_TYPE_NAME.to_owned());
    Create { group_id: Some(group.to_string()), volume_type, ..blank(size_gib) }
}

/// A consistency group of two volumes with the pattern in them.
fn written_group(process: &Process) -> Things {
    let group = process.create_group(consistency_group()).expect("a group");
    process.settle();
    let volumes = [(); 2].map(|()| {
        let id = process.create(member(1, group)).expect("a volume");
        process.settle();
        content::write(process, &process.volume(id).expect("a volume"), SEED);
        id
    });
    Things { volumes: volumes.into(), ..Things::default() }
}

/// The group that was there first.
fn the_group(process: &Process) -> GroupId {
    let groups = process.groups();
    let made =
        groups.iter().filter(|group| group.source_group_id.is_none() && group.group_snapshot_id.is_none());
    made.map(|group| group.id).next().expect("a group")
}

fn snapshot(process: &Process, group: GroupId) -> GroupSnapshotId {
    let id = process.snapshot_group(group).expect("a group snapshot");
    process.settle();
    id
}

/// A group that was copied has volumes with the pattern.
fn copied(process: &Process, things: &Things) -> Ending {
    things.volumes.iter().for_each(|id| assert_written(process, *id, 1));
    let groups = process.groups();
    let original = the_group(process);
    let Some(copy) = groups.iter().find(|group| group.id != original) else { return Ending::Never };
    let members = process.members(copy.id);
    assert_eq!(members.len(), 2);
    match copy.status {
        GroupStatus::Available => {
            members.iter().for_each(|id| assert_written(process, *id, 1));
            Ending::Done
        }
        GroupStatus::Error => {
            assert!(members.iter().any(|id| status(process, *id) == Some(VolumeStatus::Error)));
            Ending::Failed
        }
        status => panic!("{status} is no way to end"),
    }
}

/// All parts are there, or none is.
fn taken(process: &Process, things: &Things) -> Ending {
    things.volumes.iter().for_each(|id| assert_written(process, *id, 1));
    let snapshots = process.group_snapshots();
    let [whole] = snapshots.as_slice() else { return Ending::Never };
    let (_, parts) = invariants::everything(process);
    let parts: Vec<_> = parts.into_iter().filter_map(|id| process.snapshot_row(id)).collect();
    assert_eq!(parts.len(), 2);
    let all = |status| parts.iter().all(|part| part.status == status);
    match whole.status {
        GroupSnapshotStatus::Available => {
            assert!(all(SnapshotStatus::Available) && parts.iter().all(|part| part.progress_percent == 100));
            Ending::Done
        }
        GroupSnapshotStatus::Error => {
            assert!(all(SnapshotStatus::Error));
            assert_eq!(process.told(&whole.id.to_string()).len(), 1);
            Ending::Failed
        }
        status => panic!("{status} is no way to end"),
    }
}
