//! Asking other OpenStack services in our own name: a token by password, kept while it lasts, and the addresses that
//! come with it. And asking Keystone who stands behind the tokens of others: [`Keystone`].

mod account;
mod authority;
mod error;
mod limits;
mod login;
mod subject;
mod token;

pub use authority::Keystone;
pub use error::SessionError;
pub use limits::KeystoneLimits;
pub use login::{Domain, Login, Scope};

use config::{OptionError, Section};
use serde_json::Value;

use crate::http::{Http, HttpError, HttpOptions, Reply, Request};
use account::Account;

/// A service as the catalog knows it, and how it is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its type, and older names of that: the first that the catalog has is taken.
    pub types: &'static [&'static str],
    /// `public`, `internal` or `admin`.
    pub interface: String,
    /// Its region; any when none is named.
    pub region: Option<String>,
    /// Its address, whatever the catalog says.
    pub endpoint: Option<String>,
}

/// A login, and the service that is asked under it.
#[derive(Debug)]
pub struct Session {
    http: Http,
    user: Account,
    /// Whose token is sent along, to say that it is a service that asks.
    service_user: Option<Account>,
    service: Service,
}

impl Session {
    /// A session. Nobody is asked yet.
    #[must_use]
    pub const fn new(http: Http, login: Login, service: Service) -> Self {
        Self { http, user: Account::new(login), service_user: None, service }
    }

    /// Has the token of this user be sent along, if there is one (`X-Service-Token`).
    #[must_use]
    pub fn vouched_for_by(mut self, login: Option<Login>) -> Self {
        self.service_user = login.map(Account::new);
        self
    }

    /// The session that a section describes in the words of keystoneauth (`auth_url`, `username`, `password`,
    /// `project_name`, `user_domain_name`, `project_domain_name`, `region_name`, `interface`, `endpoint_override`,
    /// `cafile`, `insecure`, `timeout`); none when it names no `auth_url`.
    ///
    /// # Errors
    /// The section is wrong.
    pub fn from_section(
        section: &Section<'_>,
        types: &'static [&'static str],
    ) -> Result<Option<Self>, SessionError> {
        let Some(login) = Login::from_section(section)? else { return Ok(None) };
        let service = Service {
            types,
            interface: section.nonempty("interface")?.unwrap_or_else(|| "public".to_owned()),
            region: section.nonempty("region_name")?,
            endpoint: section.nonempty("endpoint_override")?,
        };
        Ok(Some(Self::new(Http::new(&http_options(section)?)?, login, service)))
    }

    /// Asks as [`Self::send`] does, with a body of any kind; an answer has at most `most_bytes`.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn exchange(
        &self,
        (method, path): (&'static str, &str),
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        most_bytes: u64,
    ) -> Result<Reply, SessionError> {
        self.with_token(path, headers, |url, headers| {
            self.http.exchange((method, url), headers, body, most_bytes)
        })
    }

    /// Asks the service for `path` (below its address, beginning with a slash) with our token. A token that turns out
    /// to be no longer good is replaced once.
    ///
    /// # Errors
    /// Keystone or the service cannot be asked. Any status is an answer.
    pub fn send(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, SessionError> {
        self.with_token(path, headers, |url, headers| self.http.send(&Request { method, url, headers, body }))
    }

    /// Asks by `ask`, and once more with a new token when the one that is kept turns out to be no longer good.
    fn with_token(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        ask: impl Fn(&str, &[(&str, &str)]) -> Result<Reply, HttpError>,
    ) -> Result<Reply, SessionError> {
        let once = || {
            let token = self.user.token(&self.http)?;
            let service_user = self.service_user.as_ref();
            let voucher = service_user.map(|account| account.token(&self.http)).transpose()?;
            let endpoint = match &self.service.endpoint {
                Some(endpoint) => endpoint.clone(),
                None => token.endpoint(&self.service)?,
            };
            let url = format!("{}{path}", endpoint.trim_end_matches('/'));
            let mut all = vec![("x-auth-token", token.id.expose().as_str())];
            all.extend(voucher.iter().map(|token| ("x-service-token", token.id.expose().as_str())));
            all.extend_from_slice(headers);
            Ok::<_, SessionError>(ask(&url, &all)?)
        };
        let reply = once()?;
        if reply.status != 401 {
            return Ok(reply);
        }
        self.forget();
        once()
    }

    /// Who we are.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.user.login.username
    }

    /// Forgets the tokens, as somebody has said that they are not good.
    pub fn forget(&self) {
        self.user.forget();
        self.service_user.iter().for_each(Account::forget);
    }
}

/// The user whose token is sent along with requests to other services, if the section `[service_user]` says so
/// (`send_service_user_token`).
///
/// # Errors
/// The section is wrong, or names nobody.
pub fn service_user(section: &Section<'_>) -> Result<Option<Login>, SessionError> {
    if section.get("send_service_user_token")? != Some(true) {
        return Ok(None);
    }
    Login::from_section(section)?.map(Some).ok_or(SessionError::NoServiceUser)
}

/// How the services of a section are reached.
///
/// # Errors
/// The section is wrong.
pub fn http_options(section: &Section<'_>) -> Result<HttpOptions, OptionError> {
    let seconds = section.get::<f64>("timeout")?.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    Ok(HttpOptions {
        timeout: seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok()),
        cafile: section.nonempty("cafile")?.map(Into::into),
        insecure: section.get("insecure")?.unwrap_or(false),
        ..HttpOptions::default()
    })
}

impl From<HttpError> for SessionError {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}
