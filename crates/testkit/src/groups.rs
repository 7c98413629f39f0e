//! Requests about groups, as the API would hand them to the desk.

use std::collections::BTreeMap;

use model::volume_type::DEFAULT_TYPE_NAME;
use model::{Group, GroupId, GroupSnapshot, GroupSnapshotId, GroupType, GroupTypeId, Metadata, VolumeId};
use operations::Refused;
use operations::group::replication::Change;
use operations::group::{self, Door};
use operations::group_snapshot;

use crate::client::requester;
use crate::{Process, invariants};

/// The name of a group type whose groups ask for nothing.
pub const PLAIN_GROUPS: &str = "plain";

/// A request for a group of [`PLAIN_GROUPS`], which [`Process::add_plain_groups`] makes.
#[must_use]
pub fn plain_group() -> group::create::Create {
    group::create::Create { group_type: Some(PLAIN_GROUPS.to_owned()), ..consistency_group() }
}

/// A request for a consistency group.
#[must_use]
pub fn consistency_group() -> group::create::Create {
    group::create::Create {
        name: None,
        description: None,
        group_type: None,
        volume_types: vec![DEFAULT_TYPE_NAME.to_owned()],
        availability_zone: None,
    }
}

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn create_group(&self, request: group::create::Create) -> Result<GroupId, Refused> {
        Ok(self.run(group::create::accept(&self.desk, &requester(), request))?.id)
    }

    pub fn create_group_from(&self, source: group::create_from_src::Source) -> Result<GroupId, Refused> {
        let request = group::create_from_src::Create { name: None, description: None, source };
        let door = Door::ConsistencyGroups;
        Ok(self.run(group::create_from_src::accept(&self.desk, &requester(), door, request))?.id)
    }

    pub fn move_volumes(&self, id: GroupId, add: &[VolumeId], remove: &[VolumeId]) -> Result<(), Refused> {
        let named = |volumes: &[VolumeId]| volumes.iter().map(ToString::to_string).collect();
        let update = group::update::Update {
            add_volumes: named(add),
            remove_volumes: named(remove),
            ..Default::default()
        };
        self.run(group::update::accept(&self.desk, &requester(), Door::ConsistencyGroups, id, update))
    }

    pub fn delete_group(&self, id: GroupId, delete_volumes: bool) -> Result<(), Refused> {
        let door = Door::ConsistencyGroups;
        self.run(group::delete::accept(&self.desk, &requester(), door, id, delete_volumes))
    }

    pub fn snapshot_group(&self, group_id: GroupId) -> Result<GroupSnapshotId, Refused> {
        let request = group_snapshot::create::Create { group_id, name: None, description: None };
        let door = Door::ConsistencyGroups;
        Ok(self.run(group_snapshot::create::accept(&self.desk, &requester(), door, request))?.id)
    }

    pub fn delete_group_snapshot(&self, id: GroupSnapshotId) -> Result<(), Refused> {
        self.run(group_snapshot::delete::accept(&self.desk, &requester(), Door::ConsistencyGroups, id))
    }

    pub fn replicate_group(&self, id: GroupId, change: Change) -> Result<(), Refused> {
        self.run(group::replication::accept(&self.desk, &requester(), id, change))
    }

    /// Makes the group type of [`plain_group`].
    pub fn add_plain_groups(&self) {
        self.add_group_type(PLAIN_GROUPS, &[]);
    }

    /// Makes a group type with these specs.
    pub fn add_group_type(&self, name: &'static str, specs: &[(&str, &str)]) {
        let group_specs: Metadata =
            specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.write(move |conn| {
            let new = GroupType {
                id: GroupTypeId::random(),
                name: name.to_owned(),
                description: None,
                is_public: true,
                group_specs: group_specs.clone(),
                created_at: conn.now(),
                updated_at: None,
            };
            store::group_types::insert(conn, &new)
        });
    }

    /// The volumes that simulated backends keep at other sites for their groups, and the sites that work; none is the
    /// first one.
    #[must_use]
    pub fn sites(&self) -> BTreeMap<String, Option<String>> {
        let files = self.exports.iter().map(|exports| exports.with_file_name(".sites.json"));
        let texts = files.filter_map(|file| std::fs::read(file).ok());
        texts.flat_map(|text| serde_json::from_slice::<BTreeMap<_, _>>(&text).expect("a table")).collect()
    }

    /// Every group.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        self.read(invariants::all_groups)
    }

    /// Every snapshot of a group.
    #[must_use]
    pub fn group_snapshots(&self) -> Vec<GroupSnapshot> {
        self.read(invariants::all_group_snapshots)
    }

    /// The volumes of a group.
    #[must_use]
    pub fn members(&self, id: GroupId) -> Vec<VolumeId> {
        self.read(move |conn| store::groups::volume_ids(conn, id))
    }
}
