//! Putting the parts together, running them, and taking them apart again.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Supervisor, Tracer};
use operations::Backends;
use operations::image::Images;
use operations::keys::ServedKeys;
use ports::KeyManager;
use store::Store;

use super::apis::{Apis, Sockets};
use super::crew::{Crew, Means};
use super::first_start::{self, Addresses};
use super::identity::{FirstPasswords, Identity, Served};
use super::logging::LogLevels;
use super::plan::Plan;
use super::reload::{Asked, Signals};
use super::rules::Rules;
use super::{Role, Serve, backends, backups, keys, watch};
use crate::cli::Failure;
use crate::database::Chosen;
use crate::manager::Manager;

/// How long tasks may take to end after a signal.
const GRACE: Duration = Duration::from_secs(30);

/// Serves until a signal says otherwise.
pub(super) async fn serve(options: Serve, log_levels: LogLevels) -> Result<(), Failure> {
    let manager = Arc::new(Manager::from_environment());
    let mut signals = Signals::listen()?;
    let plan = Plan::read(&options)?;
    let rules = Rules::read(&options, &plan)?;
    let (sockets, addresses) = Sockets::bind(&options, &plan).await?;
    manager.status("opening the database");
    let database = Chosen::of(&plan.config, plan.data_dir.path())?;
    let passwords = FirstPasswords::draw(plan.keystone.is_none() && database.is_to_be_made());
    // In this order: the first hash is under way while the database is made.
    let (passwords, store) = tokio::try_join!(passwords, database.open(&plan.data_dir))?;
    let (_, (identity, image_identity), keys) = tokio::try_join!(
        first_start::ensure_default_type(&store, &plan.service.operations.default_volume_type),
        identities(&plan, &rules, (&store, &addresses), passwords),
        keys::open(&plan.config, &plan.data_dir, &store),
    )?;

    let (tracer, spans) = plan.traces.is_some().then(Tracer::collected).unzip();
    let supervisor = Supervisor::traced(tracer.unwrap_or_default());
    let served_keys =
        keys::are_embedded(&plan.config)?.then(|| ServedKeys::new(store.clone(), Arc::clone(&keys)));
    let crew = assemble(&plan, store, keys, &supervisor)?;
    let images =
        Images::new(crew.desk.clone(), &plan.images.house, plan.seat.host.clone(), plan.seat.owner());
    crew.start(&plan.played, &plan.service, &images).await?;
    plan.messaging.start(crew.post());
    let serving = plan.played.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    if let (Some(traces), Some(spans)) = (&plan.traces, spans) {
        traces.start(&supervisor, spans, &plan.seat.host, &serving)?;
    }
    identity.keep(&supervisor);
    let apis = Apis {
        plan: &plan,
        rules: &rules,
        addresses: &addresses,
        identity: &identity,
        image_identity: &image_identity,
        desk: &crew.desk,
        images: &images,
        keys: served_keys,
        log_levels: &log_levels,
        supervisor: &supervisor,
    };
    apis.serve(sockets);
    let keystone = plan.keystone.as_ref().map(|keystone| keystone.public_url.as_str());
    first_start::greet(&plan.data_dir, &addresses, &plan.played, keystone);
    manager.ready();
    watch::start(&manager, serving, crew.desk.store.clone(), &supervisor);

    while let Asked::Reload = signals.next().await {
        manager.reloading();
        log_levels.reload();
        rules.read_again();
        identity.forget();
        image_identity.forget();
        manager.ready();
    }
    manager.stopping();
    end(&supervisor, &mut signals).await;
    Ok(())
}

/// Whose tokens count, for volumes and for images.
async fn identities(
    plan: &Plan,
    rules: &Rules,
    (store, addresses): (&Store, &Addresses),
    passwords: FirstPasswords,
) -> Result<(Identity, Identity), Failure> {
    let identity = match &plan.keystone {
        Some(keystone) => Identity::beside(keystone, Arc::clone(&rules.volume)),
        None => {
            let image_url = plan.url(Role::Image, plan.images.public_endpoint.as_ref(), addresses.image);
            let served = Served {
                identity: plan.plays(Role::Identity),
                keys: keys::are_embedded(&plan.config)?,
                volume_url: plan.url(Role::Api, plan.service.public_endpoint.as_ref(), addresses.volume),
                image_url: image_url.filter(|_| plan.plays(Role::Image)),
            };
            let policy = Arc::clone(&rules.volume);
            Identity::open(store, &plan.data_dir, addresses, served, passwords, policy).await?
        }
    };
    let image_identity = match &plan.images.keystone {
        Some(keystone) => Identity::beside(keystone, Arc::clone(&rules.volume)),
        None => identity.clone(),
    };
    Ok((identity, image_identity))
}

/// Everything that works, with the backends and the store of backups that its parts need.
fn assemble(
    plan: &Plan,
    store: Store,
    keys: Arc<dyn KeyManager>,
    supervisor: &Supervisor,
) -> Result<Crew, Failure> {
    let exec = plan.exec.clone();
    // Who keeps backups reads and writes volumes by their drivers.
    let backends = match plan.plays(Role::Volume) || plan.plays(Role::Backup) {
        true => backends::open(&plan.config, &plan.seat.host, &plan.service.zone, &exec)?,
        false => Backends::default(),
    };
    let keeper = match plan.plays(Role::Backup) {
        true => backups::open(&plan.config, &plan.data_dir, &exec)?,
        false => None,
    };
    let scratch = match plan.plays(Role::Volume) {
        true => Some(backups::scratch(&plan.config, &plan.data_dir, &plan.seat.of)?),
        false => None,
    };
    let means = Means { house: plan.images.house.clone(), keeper, keys, exec, scratch };
    Ok(Crew::assemble(store, &plan.seat, backends, means, &plan.service, supervisor))
}

/// Lets what is under way end, for a while.
async fn end(supervisor: &Supervisor, signals: &mut Signals) {
    tracing::info!("ending: finishing what is under way");
    let finished = tokio::select! {
        finished = supervisor.stop(GRACE) => finished,
        () = signals.end() => false,
    };
    if !finished {
        tracing::warn!("some work was cut off; the next start goes on with it");
    }
}
