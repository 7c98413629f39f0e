//! Where the server runs that a volume shall be near to: the scheduler hint `local_to_instance`, which
//! `InstanceLocalityFilter` obeys. Nova is asked once, by our own user, before anything is decided.

use std::sync::Arc;
use std::time::Duration;

use ledger::Step;
use placement::{Filter, RequestFault, server_to_be_near};
use ports::{Compute, ComputeError, Whereabouts};
use store::operations::OperationRow;
use uuid::Uuid;

use super::Args;
use crate::{Tools, failure};

/// How long Nova is given: as long as Cinder's filter gives it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it is not known.
pub(super) enum Unknown {
    /// It may be, later.
    Again(Step),
    /// It will not be, because of this.
    Never(String),
}

/// Finds it out, where it counts, and notes it in `args`.
pub(super) async fn find(tools: &Tools, operation: &OperationRow, args: &mut Args) -> Result<(), Unknown> {
    let counts = tools.settings.placement.filters.contains(&Filter::InstanceLocality);
    if !counts || operation.abandoned || args.instance_host.is_some() {
        return Ok(());
    }
    // What is no identifier, and a hint where no compute service is configured, the filter refuses by itself.
    let (Some(server), Some(compute)) = (server_to_be_near(&args.hints), &tools.compute) else {
        return Ok(());
    };
    let Ok(server) = Uuid::parse_str(server) else {
        return Err(Unknown::Never(RequestFault::NotUuid(server.to_owned()).to_string()));
    };
    match ask(Arc::clone(compute), server).await {
        Ok(Whereabouts::On(host)) => {
            args.instance_host = Some(host);
            Ok(())
        }
        // The filter says that the hint is not supported.
        Ok(Whereabouts::Hidden) => Ok(()),
        Ok(Whereabouts::Nowhere) => Err(Unknown::Never(format!("the server {server} is on no host"))),
        Err(ComputeError::Refused { status: 404 }) => {
            Err(Unknown::Never(format!("Instance {server} could not be found.")))
        }
        Err(error) => {
            let why = format!("where the server {server} runs is not known: {error}");
            let step = failure::again_after(operation, &tools.settings, why, error.may_pass());
            Err(step.map_or_else(Unknown::Never, Unknown::Again))
        }
    }
}

async fn ask(compute: Arc<dyn Compute>, server: Uuid) -> Result<Whereabouts, ComputeError> {
    let asked = tokio::task::spawn_blocking(move || compute.whereabouts_of(&server.to_string()));
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Err(ComputeError::Unavailable(error.to_string())),
        Err(_) => {
            Err(ComputeError::Unavailable(format!("it has not answered within {} s", PATIENCE.as_secs())))
        }
    }
}
