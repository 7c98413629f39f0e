//! Everything else.

use wire::request::backup_actions::BackupAction;
use wire::request::groups::GroupAction;
use wire::request::move_actions::MoveAction;
use wire::request::volume_attaching::Attaching;
use wire::request::{
    attachments, backups, clusters, consistency_groups, default_types, encryptions, group_snapshots,
    group_types, groups, log_levels, manage, qos_specs, services, transfers, workers,
};
use wire::{Fault, Microversion};

use crate::{Case, done};

/// What Cinder refuses only after its schema has let it through, or fails at.
pub(crate) const LATER: &[&str] = &[
    "Invalid input for field/attribute availability_zone.",
    "Invalid input for field/attribute volume_types.",
    "Invalid input for field/attribute error.",
    "volume_types must be provided to create consistency group None.",
    "Either 'cgsnapshot_id' or 'source_cgid' must be provided",
    "Cannot provide both 'cgsnapshot_id' and 'source_cgid'",
    "Name, description, add_volumes, and remove_volumes can not be all empty in the request body.",
    "'default_type' is a required property",
    "Specify group type name, description or a combination thereof.",
    "Group type name can not be empty.",
    "Invalid input received: Value for key ",
    "Invalid input received: Host field is missing.",
    "Invalid input received: One and only one of cluster and host must be set.",
    "Invalid input received: Resource type ",
    "Malformed request body",
];

/// What Cinder refuses and we read as if it were not there: clients write null for what they leave out.
pub(crate) const LEFT_OUT: &[(&str, &str)] = &[
    ("consistencygroups.create_from_src", "None is not of type"),
    ("cgsnapshots.create", "None is not of type"),
    ("groups.create-from-src", "None is not of type"),
    ("group.enable_replication", "None is not of type"),
    ("group.disable_replication", "None is not of type"),
    ("volumes.manage", "None is not of type"),
    ("workers.cleanup", "None is not"),
    ("workers.cleanup", "('bogus' was unexpected)"),
];

pub(crate) fn parse(case: &Case) -> Result<(), Fault> {
    let body = serde_json::to_vec(&case.body).unwrap();
    let version = Microversion::v3(case.at);
    match case.to.as_str() {
        "attachments.create" => done(attachments::Create::parse(&body, version)),
        "attachments.update" => done(attachments::parse_update(&body)),
        "attachments.complete" => done(attachments::parse_complete(&body)),
        "backups.create" => done(backups::Create::parse(&body, version)),
        "backups.update" => done(backups::Update::parse(&body, version)),
        "backups.restore" => done(backups::Restore::parse(&body)),
        "backups.import_record" => done(backups::Import::parse(&body)),
        "consistencygroups.create" => done(consistency_groups::Create::parse(&body)),
        "consistencygroups.create_from_src" => done(consistency_groups::CreateFromSource::parse(&body)),
        "consistencygroups.update" => done(consistency_groups::update(&body, version)),
        "cgsnapshots.create" => done(consistency_groups::CreateSnapshot::parse(&body)),
        "clusters.enable" => done(clusters::SwitchCluster::parse(&body, false)),
        "clusters.disable" => done(clusters::SwitchCluster::parse(&body, true)),
        "default_types" => done(default_types::volume_type(&body)),
        "encryptions.create" => done(encryptions::Asked::create(&body)),
        "encryptions.update" => done(encryptions::Asked::update(&body)),
        "group_snapshots.create" => done(group_snapshots::Create::parse(&body)),
        "group_snapshots.reset_status" => done(group_snapshots::reset_status(&body)),
        "group_specs.create" => done(group_types::group_specs(&body)),
        "group_specs.update" => done(group_types::group_spec(&body, "a")),
        "group_types.create" => done(group_types::Create::parse(&body)),
        "group_types.update" => done(group_types::update(&body)),
        "groups.create" => done(groups::Create::parse(&body)),
        "groups.create-from-src" => done(groups::CreateFromSource::parse(&body)),
        "groups.update" => done(groups::Update::parse(&body)),
        "qos_specs.create" => done(qos_specs::Create::parse(&body)),
        "qos_specs.set" => done(qos_specs::Set::parse(&body)),
        "qos_specs.unset" => done(qos_specs::keys(&body)),
        "services.failover_host" | "services.failover" => done(services::Failover::parse(&body, version)),
        "services.get_log" => done(log_levels::Loggers::parse(&body)),
        "snapshots.manage" => done(manage::ManageSnapshot::parse(&body)),
        "volumes.manage" => done(manage::ManageVolume::parse(&body, version)),
        "transfers.create" => done(transfers::Create::parse(&body, version)),
        "transfers.accept" => done(transfers::auth_key(&body)),
        "workers.cleanup" => done(workers::Cleanup::parse(&body)),
        "volumes.revert" => done(MoveAction::parse(&body, version)),
        action if action.starts_with("attaching.") => done(Attaching::parse(&body)),
        action if action.starts_with("moving.") => done(MoveAction::parse(&body, version)),
        action if action.starts_with("backup.") => done(BackupAction::parse(&body)),
        action if action.starts_with("group.") => done(GroupAction::parse(&body)),
        unknown => panic!("the recording has {unknown}"),
    }
}
