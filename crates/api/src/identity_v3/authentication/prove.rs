//! Who asks for a token: the proofs of a request, checked one after another.

use auth::secret::Secret;
use auth::token::{Audit, Method, Methods};
use model::Timestamp;
use store::identity::application_credentials::{self, ApplicationCredential};
use store::identity::domains::{self, Domain};
use store::identity::users::{self, User};
use store::{Conn, StoreError};

use super::asked::{CredentialRef, DomainRef, Proof, UserRef};
use crate::identity_v3::{Fault, IdentityApi, secret_hash};

/// Who was proven to ask, and within which limits.
pub(super) struct Proven {
    pub(super) user_id: String,
    /// The user's generation when its proof was checked.
    pub(super) auth_generation: u32,
    /// How it was proven, now and for the tokens before.
    pub(super) methods: Methods,
    /// The audit ids of the new token.
    pub(super) audit: Audit,
    /// When the new token must end at the latest.
    pub(super) expires_at: Option<Timestamp>,
    /// The project that the user wants when it does not say.
    pub(super) default_project_id: Option<String>,
    /// The application credential behind it: its id and its project.
    pub(super) credential: Option<(String, String)>,
}

/// Checks every proof; all must be of the same user.
pub(super) async fn prove(api: &IdentityApi, proofs: Vec<Proof>) -> Result<Proven, Fault> {
    let mut proven: Option<Proven> = None;
    for proof in proofs {
        let next = match proof {
            Proof::Password { user, password } => by_password(api, user, password).await?,
            Proof::Token(token) => by_token(api, &token).await?,
            Proof::ApplicationCredential { credential, secret } => {
                by_application_credential(api, credential, secret).await?
            }
        };
        proven = Some(match proven {
            None => next,
            Some(first) => first.and(next)?,
        });
    }
    proven.ok_or_else(Fault::unauthorized)
}

impl Proven {
    fn of_user(user: User, method: Method, audit: Audit) -> Result<Self, Fault> {
        Ok(Self {
            auth_generation: u32::try_from(user.auth_generation).map_err(|_| Fault::unauthorized())?,
            user_id: user.id,
            methods: Methods::default().with(method),
            audit,
            expires_at: None,
            default_project_id: user.default_project_id,
            credential: None,
        })
    }

    /// Both, if they are of one user: the narrower limits count, and the chain of the earlier token.
    fn and(self, other: Self) -> Result<Self, Fault> {
        if self.user_id != other.user_id || self.auth_generation != other.auth_generation {
            return Err(Fault::unauthorized());
        }
        let methods = self.methods.iter().chain(other.methods.iter()).collect();
        let audit = if self.audit.first.is_some() { self.audit } else { other.audit };
        let expires_at = [self.expires_at, other.expires_at].into_iter().flatten().min();
        let credential = self.credential.or(other.credential);
        Ok(Self { methods, audit, expires_at, credential, ..other })
    }
}

async fn by_password(api: &IdentityApi, user: UserRef, password: Secret<String>) -> Result<Proven, Fault> {
    let found = api.tokens.store().read(move |conn| find_user(conn, &user)).await?;
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    // An unknown user costs as much as a wrong password.
    let matches = api.hashing.verify(password, stored).await?;
    let user = found.filter(|user| matches && user.enabled).ok_or_else(Fault::unauthorized)?;
    Proven::of_user(user, Method::Password, Audit::begin()?)
}

async fn by_token(api: &IdentityApi, token: &Secret<String>) -> Result<Proven, Fault> {
    let bearer = api.tokens.bearer(token.expose()).await?;
    if bearer.application_credential.is_some() {
        let action = "Using a delegated token to create another token is not allowed.";
        return Err(Fault::forbidden_action(action));
    }
    let user_id = bearer.claims.user_id.clone();
    let user = api.tokens.store().read(move |conn| users::get(conn, &user_id)).await?;
    let user = user.ok_or_else(Fault::unauthorized)?;
    let mut proven = Proven::of_user(user, Method::Token, bearer.claims.audit.next()?)?;
    proven.methods = proven.methods.iter().chain(bearer.claims.methods.iter()).collect();
    proven.expires_at = Some(bearer.claims.expires_at);
    Ok(proven)
}

async fn by_application_credential(
    api: &IdentityApi,
    credential: CredentialRef,
    secret: Secret<String>,
) -> Result<Proven, Fault> {
    let found = api.tokens.store().read(move |conn| {
        let found = find_credential(conn, &credential)?;
        let live = found.filter(|found| found.expires_at.is_none_or(|end| conn.now() < end));
        let Some(live) = live else { return Ok(None) };
        Ok::<_, StoreError>(users::get(conn, &live.user_id)?.map(|user| (live, user)))
    });
    let (credential, user) = found.await?.ok_or_else(Fault::unauthorized)?;
    if !secret_hash::matches(&api.hashing, secret, credential.secret_hash).await? || !user.enabled {
        return Err(Fault::unauthorized());
    }
    let mut proven = Proven::of_user(user, Method::ApplicationCredential, Audit::begin()?)?;
    proven.expires_at = credential.expires_at;
    proven.credential = Some((credential.id, credential.project_id));
    Ok(proven)
}

fn find_credential(
    conn: &Conn<'_>,
    credential: &CredentialRef,
) -> Result<Option<ApplicationCredential>, StoreError> {
    match credential {
        CredentialRef::Id(id) => application_credentials::get(conn, id),
        CredentialRef::Name(name, user) => {
            let Some(user) = find_user(conn, user)? else { return Ok(None) };
            Ok(application_credentials::list(conn, &user.id, Some(name))?.pop())
        }
    }
}

fn find_user(conn: &Conn<'_>, user: &UserRef) -> Result<Option<User>, StoreError> {
    match user {
        UserRef::Id(id) => users::get(conn, id),
        UserRef::Name(name, domain) => {
            let Some(domain) = find_domain(conn, domain)? else { return Ok(None) };
            users::by_name(conn, &domain.id, name)
        }
    }
}

/// The domain that is meant.
pub(super) fn find_domain(conn: &Conn<'_>, domain: &DomainRef) -> Result<Option<Domain>, StoreError> {
    match domain {
        DomainRef::Id(id) => domains::get(conn, id),
        DomainRef::Name(name) => domains::by_name(conn, name),
    }
}
