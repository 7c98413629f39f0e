//! On whose behalf operations are.

use model::{ProjectId, UserId};
use store::operations::{NewOperation, OperationRow};

/// Who an operation is for.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) project_id: ProjectId,
    pub(crate) user_id: UserId,
    pub(crate) request_id: Option<String>,
}

impl Cause {
    /// Whoever asked for `operation`.
    pub(crate) fn of(operation: &OperationRow) -> Self {
        Self {
            project_id: operation.project_id.clone(),
            user_id: operation.user_id.clone(),
            request_id: operation.request_id.clone(),
        }
    }

    /// Nobody: the service itself keeps house.
    pub(crate) fn housekeeping() -> Self {
        Self { project_id: ProjectId::new(""), user_id: UserId::new(""), request_id: None }
    }

    /// An operation of `kind` on `resource` in `queue`, which begins with `phase`. It knows nothing beside its resource,
    /// and reads nothing else.
    pub(crate) fn operation(
        &self,
        kind: &'static str,
        resource: String,
        queue: String,
        phase: &'static str,
    ) -> NewOperation {
        NewOperation {
            kind,
            resource,
            project_id: self.project_id.clone(),
            user_id: self.user_id.clone(),
            request_id: self.request_id.clone(),
            queue,
            phase,
            args: "{}".to_owned(),
            reads: Vec::new(),
        }
    }
}
