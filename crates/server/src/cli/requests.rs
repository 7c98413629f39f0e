//! Requests of a command that is run beside the service: admitted here, carried on there.

use std::sync::Arc;

use model::{ProjectId, UserId};
use operations::{Desk, Refused, Requester};

use super::{Failure, Installation};
use crate::serve;

/// Where the requests go.
pub(super) fn desk(installation: &Installation) -> Result<Desk, Failure> {
    serve::desk_beside(installation.open()?, &installation.config)
}

/// An administrator on the machine of the database, in the project `project`. `name` is the command's.
pub(super) fn administrator(name: &str, project: ProjectId) -> Requester {
    Requester {
        user_id: UserId::new(name),
        project_id: project,
        request_id: None,
        is_admin: true,
        may: Arc::new(|_, _| Ok(())),
    }
}

/// A refusal in one line.
pub(super) fn told(refused: Refused) -> Failure {
    match refused {
        Refused::Refusal(refusal) => refusal.to_string(),
        Refused::Store(error) => error.chain(),
    }
}
