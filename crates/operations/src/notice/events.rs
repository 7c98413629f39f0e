//! Which operation is told of, by which name, and from which phase on it has begun.

use store::operations::OperationRow;

use super::Subject;
use crate::{attachment, backup, group, group_snapshot, snapshot, volume};

/// What is told of an operation.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// About what.
    pub(super) subject: Subject,
    /// What happens to it: `create`.
    verb: &'static str,
    /// The phase whose effect is the beginning; none where no beginning is told.
    pub(super) start: Option<&'static str>,
    /// Whether its end has a name of its own.
    pub(super) ends: bool,
}

impl Event {
    /// `volume.create.start`; without a moment, `volume.retype`.
    pub(super) fn name(&self, moment: &str) -> String {
        let name = format!("{}.{}", self.subject.noun(), self.verb);
        if moment.is_empty() { name } else { format!("{name}.{moment}") }
    }
}

/// What is told of this operation, if anything is. Names are those of Cinder's volume and backup managers.
pub(super) fn of(operation: &OperationRow) -> Option<Event> {
    let key = operation.resource.as_str();
    let id_in_args = |name: &str| {
        let args: serde_json::Value = serde_json::from_str(&operation.args).ok()?;
        args[name].as_str().map(str::to_owned)
    };
    let event = |subject, verb, start| Some(Event { subject, verb, start: Some(start), ends: true });
    let of_volume = |verb, start| event(Subject::Volume(volume::of_key(key)?), verb, start);
    let of_snapshot = |verb, start| event(Subject::Snapshot(snapshot::of_key(key)?), verb, start);
    let of_group = |verb, start| event(Subject::Group(group::of_key(key)?), verb, start);
    let of_parts = |verb, start| event(Subject::GroupSnapshot(group_snapshot::of_key(key)?), verb, start);
    match operation.kind.as_str() {
        volume::create::KIND => of_volume("create", volume::create::PROVISION),
        volume::delete::KIND => of_volume("delete", "remove"),
        volume::extend::KIND => of_volume("resize", "grow"),
        volume::revert::KIND => of_volume("revert", "revert"),
        volume::manage::KIND => of_volume("manage_existing", "adopt"),
        volume::unmanage::KIND => of_volume("unmanage", "release"),
        volume::retype::KIND => Some(Event { start: None, ends: false, ..of_volume("retype", "")? }),
        snapshot::create::KIND => of_snapshot("create", "take"),
        snapshot::delete::KIND => of_snapshot("delete", "remove"),
        snapshot::manage::KIND => of_snapshot("manage_existing", "adopt"),
        snapshot::unmanage::KIND => of_snapshot("unmanage", "release"),
        backup::create::KIND => event(Subject::Backup(backup::of_key(key)?), "create", "copy"),
        backup::delete::KIND => event(Subject::Backup(backup::of_key(key)?), "delete", "remove"),
        backup::restore::KIND => {
            event(Subject::Backup(id_in_args("backup_id")?.parse().ok()?), "restore", "write")
        }
        group::create::KIND => of_group("create", "place"),
        group::create_from_src::KIND => of_group("create", "volumes"),
        group::update::KIND => of_group("update", "apply"),
        group::delete::KIND => of_group("delete", "volumes"),
        group::replication::ENABLE => of_group("enable_replication", group::replication::REPLICATE),
        group::replication::DISABLE => of_group("disable_replication", group::replication::REPLICATE),
        group::replication::FAIL_OVER => of_group("failover_replication", group::replication::REPLICATE),
        group_snapshot::create::KIND => of_parts("create", "take"),
        group_snapshot::delete::KIND => of_parts("delete", "remove"),
        // Its end is told when the server says that it has the volume.
        attachment::connect::KIND => {
            let volume = Subject::Volume(id_in_args("volume_id")?.parse().ok()?);
            Some(Event { subject: volume, verb: "attach", start: Some("connect"), ends: false })
        }
        attachment::disconnect::KIND => {
            event(Subject::Volume(id_in_args("volume_id")?.parse().ok()?), "detach", "disconnect")
        }
        _ => None,
    }
}
