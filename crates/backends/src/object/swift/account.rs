//! The account, and the login under which it is asked: Keystone's, or Swift's own of old (`/auth/v1.0`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::secret::Secret;

use super::options::{Access, SwiftError, SwiftOptions};
use crate::http::{Http, HttpError, MAX_REPLY_BYTES, Reply};
use crate::keystone::Session;

/// An account that is asked under a login.
#[derive(Debug)]
pub(super) enum Account {
    Keystone(Box<Session>),
    Own(OwnLogin),
}

/// Swift's own login: a token and the account's address for a user and a key.
#[derive(Debug)]
pub(super) struct OwnLogin {
    http: Http,
    auth_url: String,
    user: String,
    key: Secret<String>,
    /// The account's address, whatever the login says.
    url: Option<String>,
    kept: Mutex<Option<Entry>>,
}

/// What is asked of an account.
#[derive(Clone, Copy)]
pub(super) struct Request<'r> {
    pub(super) method: &'static str,
    /// Below the account's address.
    pub(super) path: &'r str,
    pub(super) headers: &'r [(&'r str, &'r str)],
    pub(super) body: Option<&'r [u8]>,
    /// Largest answer, in bytes.
    pub(super) most_bytes: u64,
}

/// What a login gives.
#[derive(Debug, Clone)]
struct Entry {
    url: String,
    token: Secret<String>,
}

impl Account {
    pub(super) fn new(options: SwiftOptions) -> Result<Self, SwiftError> {
        let http = Http::new(&options.http)?;
        Ok(match options.access {
            Access::Keystone(login, service) => Self::Keystone(Box::new(Session::new(http, login, service))),
            Access::Own { auth_url, user, key, url } => {
                Self::Own(OwnLogin { http, auth_url, user, key, url, kept: Mutex::new(None) })
            }
        })
    }

    pub(super) fn ask(&self, request: Request<'_>) -> Result<Reply, SwiftError> {
        let Request { method, path, headers, body, most_bytes } = request;
        match self {
            Self::Keystone(session) => Ok(session.exchange((method, path), headers, body, most_bytes)?),
            Self::Own(login) => login.ask(request),
        }
    }
}

impl OwnLogin {
    /// A token that turns out to be no longer good is replaced once.
    fn ask(&self, request: Request<'_>) -> Result<Reply, SwiftError> {
        let once = || {
            let entry = self.entry()?;
            let mut headers = vec![("x-auth-token", entry.token.expose().as_str())];
            headers.extend_from_slice(request.headers);
            let account = self.url.as_ref().unwrap_or(&entry.url).trim_end_matches('/');
            let url = format!("{account}{}", request.path);
            let asked = (request.method, url.as_str());
            Ok::<_, SwiftError>(self.http.exchange(asked, &headers, request.body, request.most_bytes)?)
        };
        let reply = once()?;
        if reply.status != 401 {
            return Ok(reply);
        }
        *self.kept() = None;
        once()
    }

    /// Whoever else wants one waits while it is fetched.
    fn entry(&self) -> Result<Entry, SwiftError> {
        let mut kept = self.kept();
        if let Some(entry) = kept.as_ref() {
            return Ok(entry.clone());
        }
        let headers = [("x-auth-user", self.user.as_str()), ("x-auth-key", self.key.expose())];
        let reply = self.http.exchange(("GET", &self.auth_url), &headers, None, MAX_REPLY_BYTES)?;
        let refused = || SwiftError::Login { auth_url: self.auth_url.clone(), status: reply.status };
        if !reply.is_success() {
            return Err(refused());
        }
        let header = |name| reply.header(name).map(str::to_owned).ok_or_else(refused);
        let entry = Entry { url: header("x-storage-url")?, token: Secret::new(header("x-auth-token")?) };
        *kept = Some(entry.clone());
        Ok(entry)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Entry>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<HttpError> for SwiftError {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}
