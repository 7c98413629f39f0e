//! Keystone as the one who vouches for tokens: `GET /v3/auth/tokens`.
//!
//! Only 404 says that a token does not count. Whatever else goes wrong, be it that Keystone does not let us in, says
//! nothing about the token.

use std::time::{Duration, Instant};

use auth::authority::{Authority, AuthorityError, Vouched};
use config::Section;
use model::secret::Secret;

use super::subject::{self, Subject};
use super::{Login, Service, Session, SessionError, http_options};
use crate::http::{Http, Reply};

/// How long an answer may take when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pause before the second try; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// After this time nothing is tried again: somebody waits.
const LAST_TRY: Duration = Duration::from_secs(10);

/// Keystone.
#[derive(Debug)]
pub struct Keystone {
    session: Session,
    max_retries: u32,
}

impl Keystone {
    /// The Keystone that `[keystone_authtoken]` names, asked as the user that it names; none when it names no `auth_url`.
    ///
    /// # Errors
    /// The section is wrong.
    pub fn from_section(section: &Section<'_>) -> Result<Option<Self>, SessionError> {
        let Some(login) = Login::from_section(section)? else { return Ok(None) };
        let mut options = http_options(section)?;
        options.timeout = options.timeout.or(Some(TIMEOUT));
        let service = Service { endpoint: Some(login.root_url()), ..Service::default() };
        let session = Session::new(Http::new(&options)?, login, service);
        let max_retries = section.get::<i64>("http_request_max_retries")?.unwrap_or(3);
        Ok(Some(Self { session, max_retries: u32::try_from(max_retries.max(0)).unwrap_or(u32::MAX) }))
    }

    /// Asks; a lost answer and one that Keystone is sorry for are asked for again.
    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Reply, AuthorityError> {
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        let mut tries = 0;
        loop {
            let answer = self.session.send("GET", path, headers, None);
            let may_pass = match &answer {
                Ok(reply) => is_sorry(reply.status),
                Err(SessionError::Http(_) | SessionError::HttpOfAnother(_)) => true,
                Err(SessionError::Refused { status, .. }) => is_sorry(*status),
                Err(_) => false,
            };
            if !may_pass || tries >= self.max_retries || begun.elapsed() + pause >= LAST_TRY {
                return answer.map_err(|error| unavailable(error.to_string()));
            }
            tries += 1;
            std::thread::sleep(pause);
            pause *= 2;
        }
    }
}

/// Whether the same question may have an answer later.
const fn is_sorry(status: u16) -> bool {
    status >= 500 || status == 429
}

fn unavailable(why: String) -> AuthorityError {
    AuthorityError::Unavailable(why)
}

impl Authority for Keystone {
    fn validate(&self, token: &str, even_expired: bool) -> Result<Vouched, AuthorityError> {
        let path = match even_expired {
            true => "/v3/auth/tokens?nocatalog&allow_expired=1",
            false => "/v3/auth/tokens?nocatalog",
        };
        let subject = Secret::new(token.to_owned());
        let reply = self.get(path, &[("x-subject-token", subject.expose())])?;
        match reply.status {
            200 => {}
            404 => return Err(AuthorityError::Invalid),
            401 | 403 => {
                let user = self.session.username();
                return Err(unavailable(format!(
                    "Keystone answers {} to the question of {user:?} about a token: it needs the role service, \
                     reader or admin",
                    reply.status
                )));
            }
            status => {
                return Err(unavailable(format!("Keystone answers {status} to a question about a token")));
            }
        }
        let subject = reply.json::<Subject>().map_err(|error| unavailable(error.to_string()))?;
        let credentials = subject.credentials().map_err(|why| unavailable(why.to_owned()))?;
        let left = subject::left_until(credentials.expires_at);
        Ok(Vouched { credentials, left })
    }

    fn has_project(&self, id: &str) -> Result<bool, AuthorityError> {
        // What is no identifier would be another path.
        if id.is_empty()
            || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        {
            return Ok(false);
        }
        let reply = self.get(&format!("/v3/projects/{id}"), &[])?;
        match reply.status {
            200 => Ok(true),
            404 => Ok(false),
            401 | 403 => {
                let user = self.session.username();
                Err(unavailable(format!("Keystone does not tell {user:?} about projects ({})", reply.status)))
            }
            status => Err(unavailable(format!("Keystone answers {status} to a question about a project"))),
        }
    }
}
