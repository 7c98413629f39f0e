//! Letting another site take over from a backend, and back.
//!
//! ```text
//! accept ──▶ fail over (backend) ──▶ failed-over, or enabled when it is the first site again
//!              │ gives up
//!              ▼
//!           go back ──▶ failover-error (no such site: as it was)
//! ```
//!
//! A volume that the other site has keeps its status; one that it does not have becomes `error`, and what it was comes
//! back with the first site.
//!
//! It has a queue of its own, which is served even while the backend cannot be used. What was asked for and has failed can
//! be asked for again.

mod outcome;

use ledger::{Next, Progress, Step};
use model::Volume;
use model::service::{Binary, ReplicationStatus, Service};
use ports::DriverError;
use ports::volume::replication::{self, FailedOver, Replica};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::operations::{self, NewOperation, OperationRow};

use super::check_may;
use super::replicated::{services_of, unchanged};
use super::target::Target;
use crate::failure::{GIVEN_UP, unknown_phase};
use crate::{Backend, Desk, Refused, Requester, Tools, failover_queue, failure, volume};

pub(crate) const KIND: &str = "backend.fail_over";

/// Letting the other site take over.
const FAIL_OVER: &str = "fail-over";

/// Letting the site work again that did before.
const GO_BACK: &str = "go-back";

/// What a request calls the first site.
const FIRST_SITE: &str = "default";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    /// The site that was asked for; none leaves the choice to the backend.
    backend_id: Option<String>,
    /// The site that worked before; none is the first one.
    active: Option<String>,
    /// Why it was given up.
    failure: String,
    /// Whether what was asked for before had failed.
    #[serde(default)]
    after_failure: bool,
}

/// Accepts that another site takes over. The services are `failing-over` when this returns.
///
/// # Errors
/// A refusal when there is no such service, or none that is replicated and looked after; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    target: Target,
    backend_id: Option<String>,
) -> Result<(), Refused> {
    let who = who.clone();
    let queues = desk.admit(move |conn, settings| {
        check_may(&who)?;
        let found = services_of(conn, &target)?;
        let now = conn.now();
        let is_up = |service: &Service| service.is_up(now, settings.service_down_time_s);
        // What is asked of a dead member of a cluster is done by one that lives.
        let is_stood_in_for = |service: &Service| service.cluster_name.is_some() && found.iter().any(is_up);
        let able = |service: &&Service| {
            let status = service.replication_status;
            let rests =
                [ReplicationStatus::Enabled, ReplicationStatus::FailedOver, ReplicationStatus::FailoverError];
            status.is_some_and(|status| rests.contains(&status))
                && (is_up(service) || is_stood_in_for(service))
        };
        let able: Vec<&Service> = found.iter().filter(able).collect();
        if able.is_empty() {
            return Err(unchanged(&found, "replication_status", "['enabled', 'failed-over'] and must be up"));
        }
        let mut queues = Vec::new();
        for service in able {
            let (host, active) = (&service.host, service.active_backend_id.clone());
            let after_failure = service.replication_status == Some(ReplicationStatus::FailoverError);
            let status = ReplicationStatus::FailingOver;
            outcome::set_status(conn, service, status, active.as_deref())?;
            let args = Args { backend_id: backend_id.clone(), active, failure: String::new(), after_failure };
            let queue = failover_queue(host);
            operations::admit(
                conn,
                &NewOperation {
                    args: serde_json::to_string(&args).unwrap_or_default(),
                    ..who.operation(KIND, format!("backend/{host}"), queue.clone(), FAIL_OVER)
                },
            )?;
            queues.push(queue);
        }
        Ok(queues)
    });
    for queue in queues.await? {
        desk.hints.give(&queue);
    }
    Ok(())
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let host = operation.resource.strip_prefix("backend/").unwrap_or_default().to_owned();
    let (service, volumes) = match load(tools, host.clone()).await {
        Ok((Some(service), volumes)) => (service, volumes),
        Ok((None, _)) => return failure::vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let Some(backend) = tools.backends.get(&host) else {
        return outcome::failed(operation, service, "the backend is not one of this process".to_owned());
    };
    let replicas: Vec<Replica> = volumes.iter().map(replica).collect();
    match operation.phase.as_str() {
        FAIL_OVER if operation.abandoned => give_up(args, GIVEN_UP.to_owned()),
        FAIL_OVER => {
            let targets = replication::targets(&*backend.driver);
            let site = match site(args.backend_id.as_deref(), args.active.as_deref(), &targets) {
                Ok(site) => site,
                Err(why) if args.after_failure => return outcome::failed(operation, service, why),
                Err(why) => return outcome::no_such_site(operation, service, why),
            };
            match take_over(tools, operation, backend, progress, (replicas, site.clone())).await {
                Ok(taken) => {
                    let asked = volumes.iter().map(|volume| volume.id).collect();
                    outcome::done(operation, service, asked, site, taken)
                }
                Err(error) => failure::again(operation, &tools.settings, &error)
                    .unwrap_or_else(|why| give_up(args, why)),
            }
        }
        GO_BACK => {
            let site = args.active.clone();
            match take_over(tools, operation, backend, progress, (replicas, site)).await {
                Ok(_) => outcome::failed(operation, service, args.failure),
                Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| {
                    outcome::failed(operation, service, format!("{}; then going back: {why}", args.failure))
                }),
            }
        }
        _ => unknown_phase(operation),
    }
}

async fn take_over(
    tools: &Tools,
    operation: &OperationRow,
    backend: &Backend,
    progress: &Progress,
    (replicas, site): (Vec<Replica>, Option<String>),
) -> Result<FailedOver, DriverError> {
    tools
        .effects
        .run(&operation.resource, backend, progress, move |driver, work| {
            replication::of(driver)?.fail_over(work, &replicas, site.as_deref())
        })
        .await
}

fn give_up(args: Args, failure: String) -> Step {
    let args = serde_json::to_string(&Args { failure, ..args }).ok();
    Step::Advance { next: Next::Phase(GO_BACK), args, change: Box::new(|_| Ok(())) }
}

/// The service, and what its backend has.
async fn load(tools: &Tools, host: String) -> Result<(Option<Service>, Vec<Volume>), StoreError> {
    tools
        .store
        .read(move |conn| {
            let service = store::services::get(conn, Binary::Volume, &host)?;
            Ok((service, store::volumes::on_backend(conn, &host)?))
        })
        .await
}

/// The site that is to take over, when `asked` for and `active` until then; none is the first one.
pub(crate) fn site(
    asked: Option<&str>,
    active: Option<&str>,
    targets: &[String],
) -> Result<Option<String>, String> {
    match asked {
        Some(FIRST_SITE) => Ok(None),
        Some(asked) if targets.iter().any(|target| target == asked) => Ok(Some(asked.to_owned())),
        Some(asked) => Err(format!("{asked} is none of the replication targets: {}", targets.join(", "))),
        None => {
            let other = targets.iter().find(|target| active != Some(target.as_str()));
            other.cloned().map(Some).ok_or_else(|| "there is no other replication target".to_owned())
        }
    }
}

fn replica(of: &Volume) -> Replica {
    let replicated = matches!(
        of.replication_status.as_deref().and_then(|word| word.parse().ok()),
        Some(ReplicationStatus::Enabled | ReplicationStatus::FailedOver)
    );
    Replica { volume: volume::driver_ref(of), replicated }
}
