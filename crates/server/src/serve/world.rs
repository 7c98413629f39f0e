//! Putting the parts together, running them, and taking them apart again.

use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use api::image_v2::ImageApi;
use api::key_manager::{self, KeyManagerApi};
use api::observe::Observer;
use api::volume_v3::{Lists, Rates, VolumeApi};
use auth::policy::{ImageRule, Policy, VolumeRule};
use config::{Config, Severity};
use ledger::Supervisor;
use operations::Backends;
use operations::image::Images;
use operations::keys::ServedKeys;
use ports::Exec;
use tokio::net::TcpListener;

use super::crew::{Crew, Means, Seat};
use super::first_start::{self, Addresses};
use super::identity::{Identity, Served};
use super::keystone::Beside;
use super::logging::LogLevels;
use super::messaging::Messaging;
use super::reload::{Asked, Signals};
use super::settings::{self, NamedFile};
use super::{Role, Serve, backends, backups, files, images, keys, listen, watch};
use crate::cli::{Failure, chain};
use crate::data_dir::DataDir;
use crate::database::Chosen;
use crate::manager::Manager;

/// How long tasks may take to end after a signal.
const GRACE: Duration = Duration::from_secs(30);

/// Serves until a signal says otherwise.
pub(super) async fn serve(options: Serve, log_levels: LogLevels) -> Result<(), Failure> {
    let manager = Arc::new(Manager::from_environment());
    let mut signals = Signals::listen()?;
    let mut config = Config::load(&options.config).map_err(|error| chain(&error))?;
    let data_dir = DataDir::take(&options.data_dir.path())?;
    backends::complete(&mut config, &data_dir)?;
    complain(&config)?;
    let mut service = settings::read(&config)?;
    let messaging = Messaging::read(&config)?;
    service.operations.announces = messaging.announces();
    let policy = Arc::new(RwLock::new(Arc::new(files::policy(&service, &options.config)?)));
    let resource_filters = files::resource_filters(&service, &options.config)?;
    let lists = Arc::new(Lists::new(resource_filters, service.max_page_items));
    let host = match &service.host {
        Some(host) => host.clone(),
        None => data_dir.host_name()?,
    };
    settings::check_host(&host)?;
    let seat = Seat { host: host.clone(), of: data_dir.seat()? };

    let keystone = Beside::read(&config)?;
    // A Keystone beside us serves the Identity API itself.
    let played: Vec<Role> =
        options.roles.iter().copied().filter(|role| keystone.is_none() || *role != Role::Identity).collect();
    let plays = |role| played.contains(&role);
    let mut addresses = Addresses {
        identity: SocketAddr::new(options.listen, options.identity_port),
        volume: SocketAddr::new(options.listen, options.volume_port),
        image: SocketAddr::new(options.listen, options.image_port),
    };
    let identity_socket = bind(plays(Role::Identity), "Identity", &mut addresses.identity).await?;
    let volume_socket = bind(plays(Role::Api), "Block Storage", &mut addresses.volume).await?;

    let image_socket = bind(plays(Role::Image), "Image", &mut addresses.image).await?;

    let exec = guarded_programs(&data_dir)?;
    let database = Chosen::of(&config, data_dir.path())?;
    manager.status("opening the database");
    let store = database.open(&data_dir).await?;
    first_start::ensure_default_type(&store, &service.operations.default_volume_type).await?;
    let image_config = match options.image_config.is_empty() {
        true => config.clone(),
        false => Config::load(&options.image_config).map_err(|error| chain(&error))?,
    };
    let wanted = images::read(&image_config, !options.image_config.is_empty(), &data_dir)?;
    let image_policy: Policy<ImageRule> = files::rules(wanted.policy_file.as_ref(), &options.image_config)?;
    let serves_keys = keys::are_embedded(&config)?;
    let image_policy = Arc::new(RwLock::new(Arc::new(image_policy)));
    let image_policy_file = wanted.policy_file.clone();
    let identity = match &keystone {
        Some(keystone) => Identity::beside(keystone, Arc::clone(&policy)),
        None => {
            let url = |role, public: &Option<String>, address| {
                let own = || plays(role).then(|| Addresses::url(address));
                public.as_ref().map(|url| url.trim_end_matches('/').to_owned()).or_else(own)
            };
            let image_url = url(Role::Image, &wanted.public_endpoint, addresses.image);
            let served = Served {
                identity: plays(Role::Identity),
                keys: serves_keys,
                volume_url: url(Role::Api, &service.public_endpoint, addresses.volume),
                image_url: image_url.filter(|_| plays(Role::Image)),
            };
            Identity::open(&store, &data_dir, &addresses, served, Arc::clone(&policy)).await?
        }
    };
    let image_identity = match &wanted.keystone {
        Some(keystone) => Identity::beside(keystone, Arc::clone(&policy)),
        None => identity.clone(),
    };
    // Who keeps backups reads and writes volumes by their drivers.
    let backends = match plays(Role::Volume) || plays(Role::Backup) {
        true => backends::open(&config, &host, &service.zone, &exec)?,
        false => Backends::default(),
    };

    let keeper = match plays(Role::Backup) {
        true => backups::open(&config, &data_dir, &exec)?,
        false => None,
    };

    let supervisor = Supervisor::default();
    let keys = keys::open(&config, &data_dir, &store).await?;
    let served_keys = ServedKeys::new(store.clone(), Arc::clone(&keys));
    let means = Means { house: wanted.house.clone(), keeper, keys, exec };
    let crew = Crew::assemble(store, &seat, backends, means, &service, &supervisor);
    let images = Images::new(crew.desk.clone(), &wanted.house, host.clone());
    crew.start(&played, &service, &images).await?;
    messaging.start(crew.post());
    identity.keep(&supervisor);
    let observer = Observer::new(crew.desk.store.clone());
    if let (Some(socket), Some(router)) = (identity_socket, identity.router()) {
        let api = KeyManagerApi {
            tokens: identity.tokens(),
            keys: served_keys,
            local_url: identity.url().to_owned(),
        };
        let router = if serves_keys { router.merge(key_manager::router(api)) } else { router };
        let router = observer.wrap("identity", router);
        supervisor.spawn(listen::serve(socket, router, supervisor.clone()));
    }
    if let Some(socket) = volume_socket {
        let api = VolumeApi {
            desk: crew.desk.clone(),
            tokens: identity.tokens(),
            policy: Arc::clone(&policy),
            public_endpoint: service.public_endpoint.clone(),
            identity_url: identity.url().to_owned(),
            local_url: Addresses::url(addresses.volume),
            lists: Arc::clone(&lists),
            service_tokens: Arc::new(service.service_tokens.clone()),
            rates: Arc::new(Rates::new(service.requests_per_minute, service.request_burst)),
            log_levels: Arc::new(log_levels.clone().of_host(host.clone())),
        };
        let router = observer.wrap("volume", api::volume_v3::router(api));
        supervisor.spawn(listen::serve(socket, router, supervisor.clone()));
    }
    if let Some(socket) = image_socket {
        let looked_after = images.clone();
        let observer = observer.unless(move || {
            looked_after.trouble().map(|why| format!("an image store cannot be used: {why}"))
        });
        let api = ImageApi {
            images,
            supervisor: supervisor.clone(),
            tokens: image_identity.tokens(),
            service_tokens: Arc::new(wanted.service_tokens.unwrap_or_else(|| service.service_tokens.clone())),
            policy: Arc::clone(&image_policy),
            public_endpoint: wanted.public_endpoint.clone(),
            identity_url: image_identity.url().to_owned(),
            local_url: Addresses::url(addresses.image),
            settings: Arc::new(wanted.settings),
        };
        let router = observer.wrap("image", api::image_v2::router(api));
        supervisor.spawn(listen::serve(socket, router, supervisor.clone()));
    }
    first_start::greet(&data_dir, &addresses, &played, keystone.as_ref().map(|it| it.public_url.as_str()));
    manager.ready();
    let serving = played.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    watch::start(&manager, serving, crew.desk.store.clone(), &supervisor);

    while let Asked::Reload = signals.next().await {
        manager.reloading();
        reload(&options, &policy, &lists, &log_levels);
        reload_image_policy(image_policy_file.as_ref(), &options, &image_policy);
        identity.forget();
        image_identity.forget();
        manager.ready();
    }
    manager.stopping();
    tracing::info!("ending: finishing what is under way");
    let finished = tokio::select! {
        finished = supervisor.stop(GRACE) => finished,
        () = signals.end() => false,
    };
    if !finished {
        tracing::warn!("some work was cut off; the next start goes on with it");
    }
    Ok(())
}

async fn bind(wanted: bool, name: &str, address: &mut SocketAddr) -> Result<Option<TcpListener>, Failure> {
    if wanted { listen::bind(name, address).await.map(Some) } else { Ok(None) }
}

/// Logs what `besser config check` would say; an error ends the start with its line.
fn complain(config: &Config) -> Result<(), Failure> {
    let findings = config::check(config);
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(error.to_string());
    }
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        tracing::warn!("{finding}");
    }
    Ok(())
}

/// External programs under the guard, after those that a dead process left running were ended.
fn guarded_programs(data_dir: &DataDir) -> Result<Exec, Failure> {
    let records = data_dir.make_private("programs")?;
    let ended =
        Exec::end_orphans(&records).map_err(|error| format!("cannot end left-over programs: {error}"))?;
    for orphan in ended {
        tracing::warn!(?orphan, "ended a program that an earlier process left running");
    }
    // By this name the running executable is found even after an upgrade has replaced its file.
    Ok(Exec::guarded("/proc/self/exe".into(), records))
}

/// Reads again what can be read again: the policy and the log level. What is wrong leaves the old in force.
fn reload(options: &Serve, policy: &RwLock<Arc<Policy<VolumeRule>>>, lists: &Lists, log_levels: &LogLevels) {
    log_levels.reload();
    let loaded = Config::load(&options.config)
        .map_err(|error| chain(&error))
        .and_then(|config| settings::read(&config))
        .and_then(|service| {
            let filters = files::resource_filters(&service, &options.config)?;
            Ok((files::policy(&service, &options.config)?, filters))
        });
    match loaded {
        Ok((loaded, filters)) => {
            *policy.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(loaded);
            lists.set_resource_filters(filters);
            tracing::info!("read the policy and the filters of lists again");
        }
        Err(why) => tracing::error!(why, "the old policy and the old filters stay in force"),
    }
}

/// The same for the policy of images, whose file is the one that was named at the start.
fn reload_image_policy(file: Option<&NamedFile>, options: &Serve, policy: &RwLock<Arc<Policy<ImageRule>>>) {
    match files::rules(file, &options.image_config) {
        Ok(loaded) => *policy.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(loaded),
        Err(why) => tracing::error!(why, "the old policy of images stays in force"),
    }
}
