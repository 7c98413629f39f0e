//! `/manageable_volumes` and `/manageable_snapshots`, and the names that they had before.

pub(super) mod list;
pub(super) mod snapshot;
pub(super) mod volume;

use operations::manageable::Reference;
use operations::service::target::Target;
use wire::request::manage as wire_manage;

fn target(place: wire_manage::Place) -> Target {
    match place {
        wire_manage::Place::Host(name) => Target::Host(name),
        wire_manage::Place::Cluster(name) => Target::Cluster(name),
    }
}

fn reference(asked: wire_manage::Reference) -> Reference {
    Reference { source_name: asked.source_name, source_id: asked.source_id }
}

fn shown(reference: Reference) -> wire_manage::Reference {
    wire_manage::Reference { source_name: reference.source_name, source_id: reference.source_id }
}
