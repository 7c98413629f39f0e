//! What may happen.

use proptest::prelude::*;

/// Something that happens. Numbers choose among what is there.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Create {
        size_gib: u64,
        is_gold: bool,
    },
    CreateInGroup {
        group: usize,
    },
    Copy {
        volume: usize,
        more_gib: u64,
    },
    Revive {
        snapshot: usize,
    },
    Extend {
        volume: usize,
        more_gib: u64,
    },
    Retype {
        volume: usize,
        may_migrate: bool,
    },
    Migrate {
        volume: usize,
        to_b: bool,
    },
    Revert {
        snapshot: usize,
    },
    Delete {
        volume: usize,
        cascade: bool,
        force: bool,
    },
    Unmanage {
        volume: usize,
    },
    Manage {
        found: usize,
    },
    Snapshot {
        volume: usize,
    },
    DeleteSnapshot {
        snapshot: usize,
    },
    UnmanageSnapshot {
        snapshot: usize,
    },
    ManageSnapshot {
        found: usize,
    },
    HandOver {
        volume: usize,
        no_snapshots: bool,
    },
    Offer {
        volume: usize,
        withdrawn: bool,
    },
    BackUp {
        volume: usize,
        incremental: bool,
    },
    Restore {
        backup: usize,
        over: Option<usize>,
    },
    DeleteBackup {
        backup: usize,
        force: bool,
    },
    CreateGroup,
    Join {
        group: usize,
        volume: usize,
    },
    Leave {
        group: usize,
    },
    DeleteGroup {
        group: usize,
        volumes_too: bool,
    },
    SnapshotGroup {
        group: usize,
    },
    DeleteGroupSnapshot {
        snapshot: usize,
    },
    /// An administrator gives an operation up.
    Abandon {
        operation: usize,
    },
    Pass {
        ms: u64,
    },
    /// Everything comes to rest, and the books are checked.
    Rest,
    /// The process dies so many points later.
    DieIn {
        points: u64,
    },
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    prop_oneof![12 => of_volumes(), 5 => of_snapshots(), 5 => of_backups(), 5 => of_groups(), 14 => of_chance()]
}

fn number() -> std::ops::Range<usize> {
    0..6
}

fn of_volumes() -> impl Strategy<Value = Act> {
    let yes = any::<bool>;
    prop_oneof![
        4 => (1_u64..4, yes()).prop_map(|(size_gib, is_gold)| Act::Create { size_gib, is_gold }),
        1 => (number(), 0_u64..2).prop_map(|(volume, more_gib)| Act::Copy { volume, more_gib }),
        1 => number().prop_map(|snapshot| Act::Revive { snapshot }),
        2 => (number(), 1_u64..3).prop_map(|(volume, more_gib)| Act::Extend { volume, more_gib }),
        3 => (number(), yes()).prop_map(|(volume, may_migrate)| Act::Retype { volume, may_migrate }),
        2 => (number(), yes()).prop_map(|(volume, to_b)| Act::Migrate { volume, to_b }),
        2 => (number(), yes(), yes()).prop_map(|(volume, cascade, force)| Act::Delete { volume, cascade, force }),
        1 => number().prop_map(|volume| Act::Unmanage { volume }),
        1 => number().prop_map(|found| Act::Manage { found }),
        3 => (number(), yes()).prop_map(|(volume, no_snapshots)| Act::HandOver { volume, no_snapshots }),
        1 => (number(), yes()).prop_map(|(volume, withdrawn)| Act::Offer { volume, withdrawn }),
    ]
}

fn of_snapshots() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => number().prop_map(|volume| Act::Snapshot { volume }),
        1 => number().prop_map(|snapshot| Act::Revert { snapshot }),
        2 => number().prop_map(|snapshot| Act::DeleteSnapshot { snapshot }),
        2 => number().prop_map(|snapshot| Act::UnmanageSnapshot { snapshot }),
        2 => number().prop_map(|found| Act::ManageSnapshot { found }),
    ]
}

fn of_backups() -> impl Strategy<Value = Act> {
    let yes = any::<bool>;
    prop_oneof![
        6 => (number(), proptest::bool::weighted(0.2)).prop_map(|(volume, incremental)| Act::BackUp { volume, incremental }),
        2 => (number(), proptest::option::of(number())).prop_map(|(backup, over)| Act::Restore { backup, over }),
        2 => (number(), yes()).prop_map(|(backup, force)| Act::DeleteBackup { backup, force }),
    ]
}

fn of_groups() -> impl Strategy<Value = Act> {
    let yes = any::<bool>;
    prop_oneof![
        2 => Just(Act::CreateGroup),
        3 => number().prop_map(|group| Act::CreateInGroup { group }),
        3 => (number(), number()).prop_map(|(group, volume)| Act::Join { group, volume }),
        1 => number().prop_map(|group| Act::Leave { group }),
        2 => (number(), yes()).prop_map(|(group, volumes_too)| Act::DeleteGroup { group, volumes_too }),
        2 => number().prop_map(|group| Act::SnapshotGroup { group }),
        1 => number().prop_map(|snapshot| Act::DeleteGroupSnapshot { snapshot }),
    ]
}

fn of_chance() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => number().prop_map(|operation| Act::Abandon { operation }),
        6 => (0_u64..40).prop_map(|ms| Act::Pass { ms }),
        5 => Just(Act::Rest),
        3 => (1_u64..40).prop_map(|points| Act::DieIn { points }),
    ]
}
