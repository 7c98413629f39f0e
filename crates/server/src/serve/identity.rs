//! Who this installation believes about tokens: the embedded identity, or a Keystone beside it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use api::identity_v3::bootstrap::{DEFAULT_DOMAIN_ID, Hashes};
use api::identity_v3::{self, Bootstrap, EmbeddedTokens, IdentityApi};
use api::key_manager;
use api::tokens::{AskedTokens, MarkAdmin, Tokens};
use auth::policy::{Policy, VolumeRule};
use auth::random;
use auth::secret::Secret;
use axum::Router;
use ledger::Supervisor;
use store::{Store, StoreError};

use super::clouds;
use super::first_start::Addresses;
use super::keystone::Beside;
use crate::cli::Failure;
use crate::data_dir::DataDir;

/// Pause between two looks at the age of signing keys and revocations.
const MAINTAIN_EVERY: Duration = Duration::from_secs(3600);

/// The rules of the Block Storage API, which also say who is an administrator there.
pub(super) type VolumePolicy = Arc<RwLock<Arc<Policy<VolumeRule>>>>;

/// Who vouches for tokens. Cheap to clone.
#[derive(Clone)]
pub(super) struct Identity {
    kind: Kind,
    /// Where clients log in.
    url: String,
}

#[derive(Clone)]
enum Kind {
    Embedded(Arc<EmbeddedTokens>),
    Beside(Arc<AskedTokens>),
}

/// What this process serves. Of what it does not, the catalog is what others have made it.
pub(super) struct Served {
    /// Whether the Identity API is one of it.
    pub(super) identity: bool,
    /// Whether this installation keeps the keys itself; then they are served beside that.
    pub(super) keys: bool,
    /// Where clients find the Block Storage API.
    pub(super) volume_url: Option<String>,
    /// Where they find the Image API.
    pub(super) image_url: Option<String>,
}

/// The passwords of the first people, which mean nothing at a later start.
pub(super) struct FirstPasswords {
    passwords: clouds::Passwords,
    hashes: Option<Hashes>,
}

impl FirstPasswords {
    /// Draws them. For a database that is about to be made they are hashed as well, which another thread does while this
    /// one makes it.
    pub(super) async fn draw(database_is_new: bool) -> Result<Self, Failure> {
        let passwords = clouds::Passwords { admin: password()?, demo: password()? };
        let hashes = match database_is_new {
            true => {
                let hashes = Hashes::of(passwords.admin.clone(), passwords.demo.clone()).await;
                Some(hashes.map_err(|error| error.to_string())?)
            }
            false => None,
        };
        Ok(Self { passwords, hashes })
    }
}

impl Identity {
    /// Opens the embedded identity. At the first start `admin` and `demo` get random passwords, which are in `clouds.yaml` before
    /// they count, so that no password is ever lost between the two.
    pub(super) async fn open(
        store: &Store,
        data_dir: &DataDir,
        addresses: &Addresses,
        served: Served,
        first: FirstPasswords,
        policy: VolumePolicy,
    ) -> Result<Self, Failure> {
        let local_url = Addresses::url(addresses.identity);
        let is_new = store
            .read(|conn| store::identity::domains::get(conn, DEFAULT_DOMAIN_ID))
            .await
            .map_err(|error: StoreError| error.chain())?
            .is_none();
        let FirstPasswords { passwords, hashes } = first;
        if is_new {
            clouds::write(data_dir, &local_url, &passwords)?;
        } else if served.identity {
            clouds::follow(data_dir, &local_url)?;
        }
        let wanted = Bootstrap {
            admin_password: passwords.admin,
            demo_password: passwords.demo,
            hashes,
            identity_url: served.identity.then(|| local_url.clone()),
            volume_url: served.volume_url,
            key_manager_url: (served.identity && served.keys)
                .then(|| format!("{local_url}{}", key_manager::PATH)),
            keys_are_elsewhere: !served.keys,
            image_url: served.image_url,
        };
        identity_v3::bootstrap(store, &wanted).await.map_err(|error| error.to_string())?;
        let tokens = EmbeddedTokens::open(store.clone(), mark_admin(policy));
        let tokens = tokens.await.map_err(|fault| fault.to_string())?;
        Ok(Self { kind: Kind::Embedded(tokens), url: local_url })
    }

    /// The Keystone beside this installation. Nobody is asked yet.
    pub(super) fn beside(keystone: &Beside, policy: VolumePolicy) -> Self {
        Self { kind: Kind::Beside(keystone.tokens(mark_admin(policy))), url: keystone.public_url.clone() }
    }

    /// Where clients log in.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The Identity API; none of an identity that has its own.
    pub(super) fn router(&self) -> Option<Router> {
        match &self.kind {
            Kind::Embedded(tokens) => {
                Some(identity_v3::router(IdentityApi::new(Arc::clone(tokens), self.url.clone())))
            }
            Kind::Beside(_) => None,
        }
    }

    /// Rotates signing keys and forgets revocations that no token outlives, until the process ends.
    pub(super) fn keep(&self, supervisor: &Supervisor) {
        let Kind::Embedded(tokens) = &self.kind else { return };
        let (tokens, mut stopping) = (Arc::clone(tokens), supervisor.stopping());
        supervisor.spawn(async move {
            loop {
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    () = tokio::time::sleep(MAINTAIN_EVERY) => {}
                }
                if let Err(fault) = tokens.maintain().await {
                    tracing::error!(%fault, "cannot rotate the keys of the identity");
                }
            }
        });
    }

    /// Forgets who was found to be an administrator: the policy that said so has changed.
    pub(super) fn forget(&self) {
        match &self.kind {
            Kind::Embedded(tokens) => tokens.forget(),
            Kind::Beside(tokens) => tokens.forget(),
        }
    }

    /// Who stands behind tokens.
    pub(super) fn tokens(&self) -> Arc<dyn Tokens> {
        match &self.kind {
            Kind::Embedded(tokens) => Arc::clone(tokens) as _,
            Kind::Beside(tokens) => Arc::clone(tokens) as _,
        }
    }
}

fn mark_admin(policy: VolumePolicy) -> MarkAdmin {
    Arc::new(move |credentials: auth::Credentials| {
        let policy = Arc::clone(&policy.read().unwrap_or_else(PoisonError::into_inner));
        credentials.with_admin_flag(&policy)
    })
}

fn password() -> Result<Secret<String>, Failure> {
    random::password().map_err(|error| format!("cannot draw a password: {error}"))
}
