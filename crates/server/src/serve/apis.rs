//! The APIs on their sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use api::image_v2::ImageApi;
use api::key_manager::{self, KeyManagerApi};
use api::observe::Observer;
use api::volume_v3::{Rates, VolumeApi};
use axum::Router;
use ledger::Supervisor;
use model::service::Binary;
use operations::Desk;
use operations::image::Images;
use operations::keys::ServedKeys;
use tokio::net::TcpListener;

use super::first_start::Addresses;
use super::identity::Identity;
use super::logging::LogLevels;
use super::plan::Plan;
use super::rules::Rules;
use super::{Role, Serve, listen};
use crate::cli::Failure;

/// Where this process listens, bound before anything is begun: an address that is taken ends the start.
pub(super) struct Sockets {
    identity: Option<TcpListener>,
    volume: Option<TcpListener>,
    image: Option<TcpListener>,
}

impl Sockets {
    /// Binds those that the process needs; addresses have their true ports afterwards.
    pub(super) async fn bind(options: &Serve, plan: &Plan) -> Result<(Self, Addresses), Failure> {
        let mut addresses = Addresses {
            identity: SocketAddr::new(options.listen, options.identity_port),
            volume: SocketAddr::new(options.listen, options.volume_port),
            image: SocketAddr::new(options.listen, options.image_port),
        };
        let identity = bind(plan.plays(Role::Identity), "Identity", &mut addresses.identity).await?;
        let volume = bind(plan.plays(Role::Api), "Block Storage", &mut addresses.volume).await?;
        let image = bind(plan.plays(Role::Image), "Image", &mut addresses.image).await?;
        Ok((Self { identity, volume, image }, addresses))
    }
}

async fn bind(wanted: bool, name: &str, address: &mut SocketAddr) -> Result<Option<TcpListener>, Failure> {
    if wanted { listen::bind(name, address).await.map(Some) } else { Ok(None) }
}

/// What the APIs stand on.
pub(super) struct Apis<'a> {
    pub(super) plan: &'a Plan,
    pub(super) rules: &'a Rules,
    pub(super) addresses: &'a Addresses,
    /// Whose tokens count.
    pub(super) identity: &'a Identity,
    /// Whose tokens count for images.
    pub(super) image_identity: &'a Identity,
    /// Where requests are accepted.
    pub(super) desk: &'a Desk,
    pub(super) images: &'a Images,
    /// The keys of the embedded key manager; none where keys are kept elsewhere.
    pub(super) keys: Option<ServedKeys>,
    pub(super) log_levels: &'a LogLevels,
    pub(super) supervisor: &'a Supervisor,
}

impl Apis<'_> {
    /// Serves each API that has a socket, until the process ends.
    pub(super) fn serve(self, sockets: Sockets) {
        let observer = Observer::new(self.desk.store.clone()).traced(self.supervisor.tracer().clone());
        let believed = self.plan.service.is_proxy_believed;
        let mut served = Vec::new();
        if let (Some(socket), Some(router)) = (sockets.identity, self.identity()) {
            served.push((socket, observer.wrap("identity", router), believed));
        }
        if let Some(socket) = sockets.volume {
            served.push((socket, observer.wrap("volume", self.volume()), believed));
        }
        if let Some(socket) = sockets.image {
            let looked_after = self.images.clone();
            let observer = observer.unless(move || {
                looked_after.trouble().map(|why| format!("an image store cannot be used: {why}"))
            });
            served.push((socket, observer.wrap("image", self.image()), self.plan.images.is_proxy_believed));
        }
        for (socket, router, is_proxy_believed) in served {
            let supervisor = self.supervisor.clone();
            self.supervisor.spawn(listen::serve(socket, router, is_proxy_believed, supervisor));
        }
    }

    /// The Identity API, and the Key Manager API beside it; none where the identity is another's.
    fn identity(&self) -> Option<Router> {
        let router = self.identity.router()?;
        let Some(keys) = &self.keys else { return Some(router) };
        let api = KeyManagerApi {
            tokens: self.identity.tokens(),
            keys: keys.clone(),
            local_url: self.identity.url().to_owned(),
        };
        Some(router.merge(key_manager::router(api)))
    }

    fn volume(&self) -> Router {
        let service = &self.plan.service;
        api::volume_v3::router(VolumeApi {
            desk: self.desk.clone(),
            tokens: self.identity.tokens(),
            policy: Arc::clone(&self.rules.volume),
            public_endpoint: service.public_endpoint.clone(),
            identity_url: self.identity.url().to_owned(),
            local_url: Addresses::url(self.addresses.volume),
            lists: Arc::clone(&self.rules.lists),
            service_tokens: Arc::new(service.service_tokens.clone()),
            rates: Arc::new(Rates::new(service.requests_per_minute, service.request_burst)),
            log_levels: Arc::new(
                self.log_levels.clone().of_host(self.plan.seat.host.clone(), self.binaries()),
            ),
        })
    }

    /// What is part of this process, of what has a name among the services.
    fn binaries(&self) -> Vec<Binary> {
        let named = [
            (Role::Scheduler, Binary::Scheduler),
            (Role::Volume, Binary::Volume),
            (Role::Backup, Binary::Backup),
        ];
        let played = named.into_iter().filter(|(role, _)| self.plan.plays(*role));
        played.map(|(_, binary)| binary).collect()
    }

    fn image(&self) -> Router {
        let (service, wanted) = (&self.plan.service, &self.plan.images);
        let service_tokens = wanted.service_tokens.as_ref().unwrap_or(&service.service_tokens);
        api::image_v2::router(ImageApi {
            images: self.images.clone(),
            supervisor: self.supervisor.clone(),
            tokens: self.image_identity.tokens(),
            service_tokens: Arc::new(service_tokens.clone()),
            policy: Arc::clone(&self.rules.image),
            public_endpoint: wanted.public_endpoint.clone(),
            identity_url: self.image_identity.url().to_owned(),
            local_url: Addresses::url(self.addresses.image),
            settings: Arc::new(wanted.settings.clone()),
        })
    }
}
