//! Every scenario, through every way to break it.

use testkit::crash::{self, Scenario};

use crate::scenarios::{
    attachment, backup, cached, create, delete, encrypted, encrypted_image, encrypted_move, extend, failover,
    group, group_replication, image, local, manage, policy, reimage, relocate, reset, revert, snapshot, swap,
    template, upload,
};

/// Whether to take the time for every pair of crashes.
fn thorough() -> bool {
    std::env::var_os("BESSER_TEST_THOROUGH").is_some()
}

/// The ways to break that everything survives.
macro_rules! survived {
    ($scenario:expr) => {
        #[test]
        fn ends_well_when_killed_at_every_point() {
            crash::crashes(&$scenario);
        }

        #[test]
        fn ends_well_when_killed_again() {
            crash::crashes_twice(&$scenario, thorough());
        }

        #[test]
        fn ends_well_when_a_commit_or_its_answer_is_lost() {
            crash::lost_commits(&$scenario);
        }

        #[test]
        fn ends_well_when_a_call_fails() {
            crash::faults_once(&$scenario);
        }

        #[test]
        fn ends_well_when_every_effect_is_made_twice() {
            crash::repeated_effects(&$scenario);
        }
    };
}

macro_rules! scenarios {
    ($($name:ident: $scenario:expr,)+) => {
        const ALL: &[&Scenario] = &[$(&$scenario),+];

        $(mod $name {
            use super::*;

            survived!($scenario);

            #[test]
            fn ends_cleanly_on_a_broken_backend() {
                crash::broken_backends(&$scenario);
            }
        })+
    };
}

/// Images, and the stills of volumes in use, have no row that could keep what a broken store does not let go: it is tried
/// until it is removed.
macro_rules! image_scenarios {
    ($($name:ident: $scenario:expr,)+) => {
        const IMAGES: &[&Scenario] = &[$(&$scenario),+];

        $(mod $name {
            use super::*;

            survived!($scenario);
        })+
    };
}

/// The compute service asks for things of its own meanwhile, at any time: which commit is lost cannot be counted.
macro_rules! compute_scenarios {
    ($($name:ident: $scenario:expr,)+) => {
        $(mod $name {
            use super::*;

            survived!($scenario);

            #[test]
            fn ends_well_when_a_first_call_fails() {
                crash::first_faults(&$scenario);
            }

            #[test]
            fn ends_cleanly_on_a_broken_backend() {
                crash::broken_backends(&$scenario);
            }
        })+
    };
}

compute_scenarios! {
    migrate_attached: swap::MIGRATE,
    migrate_attached_in_vain: swap::MIGRATE_IN_VAIN,
    migrate_attached_across: swap::MIGRATE_ACROSS,
    retype_attached: swap::RETYPE,
    migrate_attached_encrypted: encrypted_move::MIGRATE_ATTACHED,
    retype_attached_to_other_encryption: encrypted_move::RETYPE_ATTACHED,
    extend_by_host: extend::BY_HOST,
    extend_by_host_in_vain: extend::BY_HOST_IN_VAIN,
    extend_by_host_in_silence: extend::BY_HOST_IN_SILENCE,
}

image_scenarios! {
    image_delete: image::DELETE,
    image_delete_while_importing: image::DELETE_WHILE_IMPORTING,
    image_delete_encrypted: encrypted_image::DELETE,
    image_import: image::IMPORT,
    image_copy: image::COPY,
    image_cache: image::CACHE,
    image_uncache: image::UNCACHE,
    upload_of_one_in_use: upload::OF_ONE_IN_USE,
}

scenarios! {
    backup_create: backup::CREATE,
    backup_create_of_one_in_use: backup::CREATE_OF_ONE_IN_USE,
    backup_create_increment: backup::CREATE_INCREMENT,
    backup_create_increment_like_cinder: backup::CREATE_INCREMENT_LIKE_CINDER,
    backup_create_from_snapshot: backup::CREATE_FROM_SNAPSHOT,
    backup_delete: backup::DELETE,
    backup_delete_like_cinder: backup::DELETE_LIKE_CINDER,
    backup_delete_while_creating: backup::DELETE_WHILE_CREATING,
    backup_delete_while_creating_like_cinder: backup::DELETE_WHILE_CREATING_LIKE_CINDER,
    backup_restore: backup::RESTORE,
    backup_restore_like_cinder: backup::RESTORE_LIKE_CINDER,
    backup_restore_to_new: backup::RESTORE_TO_NEW,
    backup_create_volume: backup::CREATE_VOLUME,
    backup_import_of_nothing: backup::IMPORT_OF_NOTHING,
    policy_back_up: policy::BACK_UP,
    policy_verify: policy::VERIFY,
    policy_verify_by_restoring: policy::VERIFY_BY_RESTORING,
    policy_prune: policy::PRUNE,
    create_blank: create::BLANK,
    create_from_snapshot: create::FROM_SNAPSHOT,
    create_from_volume: create::FROM_VOLUME,
    create_from_image: create::FROM_IMAGE,
    create_from_false_image: create::FROM_FALSE_IMAGE,
    create_filling_the_cache: cached::FILL,
    create_cached: cached::HIT,
    create_evicting: cached::EVICT,
    flatten: cached::FLATTEN,
    template_save: template::SAVE,
    template_reset: template::RESET,
    create_without_room: create::WITHOUT_ROOM,
    create_after_a_refusal: create::AFTER_A_REFUSAL,
    delete_plain: delete::PLAIN,
    delete_cascade: delete::CASCADE,
    delete_while_creating: delete::WHILE_CREATING,
    delete_never_placed: delete::NEVER_PLACED,
    encrypted_create: encrypted::CREATE,
    encrypted_create_from_image: encrypted::CREATE_FROM_IMAGE,
    local_encrypted_create_from_image: local::ENCRYPTED_CREATE_FROM_IMAGE,
    encrypted_upload: encrypted_image::UPLOAD,
    encrypted_create_from_encrypted_image: encrypted_image::CREATE_FROM,
    encrypted_reimage: encrypted_image::REIMAGE,
    encrypted_reimage_from_encrypted_image: encrypted_image::REIMAGE_FROM,
    encrypted_create_from_snapshot: encrypted::CREATE_FROM_SNAPSHOT,
    encrypted_back_up: encrypted::BACK_UP,
    encrypted_create_from_backup: encrypted::CREATE_FROM_BACKUP,
    encrypted_delete_backup: encrypted::DELETE_BACKUP,
    encrypted_restore_over_another: encrypted::RESTORE_OVER_ANOTHER,
    encrypted_delete: encrypted::DELETE,
    encrypted_delete_never_placed: encrypted::DELETE_NEVER_PLACED,
    extend_plain: extend::PLAIN,
    extend_without_room: extend::WITHOUT_ROOM,
    extend_attached: extend::ATTACHED,
    snapshot_create: snapshot::CREATE,
    snapshot_create_without_room: snapshot::CREATE_WITHOUT_ROOM,
    snapshot_delete: snapshot::DELETE,
    snapshot_delete_while_creating: snapshot::DELETE_WHILE_CREATING,
    group_create: group::CREATE,
    group_create_nowhere: group::CREATE_NOWHERE,
    group_create_from_snapshot: group::CREATE_FROM_SNAPSHOT,
    group_create_from_group: group::CREATE_FROM_GROUP,
    group_update: group::UPDATE,
    group_delete: group::DELETE,
    group_delete_while_creating: group::DELETE_WHILE_CREATING,
    group_snapshot_create: group::SNAPSHOT,
    group_snapshot_create_without_room: group::SNAPSHOT_WITHOUT_ROOM,
    group_snapshot_delete: group::DELETE_SNAPSHOT,
    attachment_connect: attachment::CONNECT,
    attachment_connect_promised: attachment::CONNECT_PROMISED,
    attachment_connect_moved: attachment::CONNECT_ELSEWHERE,
    attachment_disconnect: attachment::DISCONNECT,
    attachment_export: attachment::EXPORT,
    attachment_disconnect_one_of_two: attachment::DISCONNECT_ONE_OF_TWO,
    connection_initialize: attachment::INITIALIZE,
    connection_terminate: attachment::TERMINATE,
    attached_in_the_older_way: attachment::NOTE_DETACHED,
    local_attach: local::CONNECT,
    reset_status: reset::STATUS,
    migrate_plain: relocate::MIGRATE,
    migrate_locked: relocate::MIGRATE_LOCKED,
    migrate_without_room: relocate::MIGRATE_WITHOUT_ROOM,
    retype_with_move: relocate::RETYPE,
    retype_to_encrypted: encrypted_move::TO_ENCRYPTED,
    retype_to_other_encryption: encrypted_move::TO_OTHER,
    retype_to_plain: encrypted_move::TO_PLAIN,
    retype_to_encrypted_without_room: encrypted_move::WITHOUT_ROOM,
    retype_in_place: relocate::RETYPE_IN_PLACE,
    migrate_across: relocate::MIGRATE_ACROSS,
    retype_across: relocate::RETYPE_ACROSS,
    migrate_to_another_machine: relocate::MIGRATE_TO_ANOTHER_MACHINE,
    migrate_locked_to_another_machine: relocate::MIGRATE_LOCKED_TO_ANOTHER_MACHINE,
    retype_to_another_machine: relocate::RETYPE_TO_ANOTHER_MACHINE,
    revert_plain: revert::PLAIN,
    upload_raw: upload::RAW,
    reimage_volume: reimage::REIMAGE,
    reimage_promised: reimage::REIMAGE_PROMISED,
    local_revert: local::REVERT,
    manage_volume: manage::VOLUME,
    manage_taken: manage::TAKEN,
    manage_let_go: manage::LET_GO,
    manage_snapshot: manage::SNAPSHOT,
    manage_let_go_snapshot: manage::LET_GO_SNAPSHOT,
    manage_list: manage::LIST,
    failover_over: failover::OVER,
    failover_back: failover::BACK,
    failover_nowhere: failover::NOWHERE,
    group_replication_enable: group_replication::ENABLE,
    group_replication_disable: group_replication::DISABLE,
    group_replication_fail_over: group_replication::FAIL_OVER,
    group_replication_fail_back: group_replication::FAIL_BACK,
    group_replication_nowhere: group_replication::NOWHERE,
    local_manage_volume: local::MANAGE_VOLUME,
    local_manage_snapshot: local::MANAGE_SNAPSHOT,
    local_create_from_volume: local::CREATE_FROM_VOLUME,
    local_extend: local::EXTEND,
    local_delete_cascade: local::DELETE_CASCADE,
}

#[test]
fn every_kind_of_operation_has_a_scenario() {
    for kind in operations::KINDS {
        let broken = ALL.iter().chain(IMAGES).any(|scenario| scenario.kinds.contains(kind));
        assert!(broken, "no scenario takes {kind} through the crash harness");
    }
}

#[test]
fn every_scenario_passes_points_of_its_own() {
    for scenario in ALL.iter().chain(IMAGES) {
        let trace = crash::without_faults(scenario);
        assert!(trace.starts_with(&["store.commit.before", "store.commit.after"]), "{}", scenario.name);
        if scenario.steady {
            assert_eq!(
                trace,
                crash::without_faults(scenario),
                "{} is not the same every time",
                scenario.name
            );
        }
    }
}
