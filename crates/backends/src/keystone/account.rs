//! A login and its token, kept while it lasts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::token::{self, Token};
use super::{Login, SessionError};
use crate::http::Http;

#[derive(Debug)]
pub(super) struct Account {
    pub(super) login: Login,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    token: Option<Token>,
    /// When Keystone last gave no answer, and why.
    failed: Option<(Instant, String)>,
}

impl Account {
    pub(super) const fn new(login: Login) -> Self {
        Self { login, kept: Mutex::new(Kept { token: None, failed: None }) }
    }

    /// A token that lasts for a while yet. Whoever else wants one waits while it is fetched, and shares what comes of it:
    /// a Keystone that does not answer is waited for once, however many ask.
    pub(super) fn token(&self, http: &Http) -> Result<Token, SessionError> {
        let asked = Instant::now();
        let mut kept = self.kept();
        if let Some(token) = kept.token.as_ref().filter(|token| token.is_fresh()) {
            return Ok(token.clone());
        }
        if let Some((_, why)) = kept.failed.as_ref().filter(|(failed, _)| *failed >= asked) {
            return Err(SessionError::HttpOfAnother(why.clone()));
        }
        let fetched = token::fetch(http, &self.login);
        match &fetched {
            Ok(token) => *kept = Kept { token: Some(token.clone()), failed: None },
            Err(SessionError::Http(error)) => kept.failed = Some((Instant::now(), error.to_string())),
            Err(_) => {}
        }
        fetched
    }

    pub(super) fn forget(&self) {
        self.kept().token = None;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::net::TcpListener;
    use std::sync::Barrier;
    use std::thread;
    use std::time::Duration;

    use model::secret::Secret;

    use super::super::{Domain, Scope};
    use super::*;
    use crate::http::HttpOptions;

    fn login(auth_url: String) -> Login {
        let domain = Domain::Id("default".to_owned());
        Login {
            auth_url,
            username: "u".to_owned(),
            password: Secret::new("p".to_owned()),
            user_domain: domain.clone(),
            scope: Scope::Project { name: "service".to_owned(), domain },
        }
    }

    #[test]
    fn a_keystone_that_does_not_answer_is_waited_for_once() {
        // Nobody accepts: connections stay unanswered.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v3", silent.local_addr().unwrap());
        let account = Account::new(login(url));
        let options = HttpOptions { timeout: Some(Duration::from_secs(1)), ..HttpOptions::default() };
        let (http, together) = (Http::new(&options).unwrap(), Barrier::new(6));
        let ask = || {
            together.wait();
            account.token(&http).unwrap_err()
        };
        let errors = thread::scope(|scope| {
            let asking: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect::<Vec<_>>()
        });
        let shared = errors.iter().filter(|error| matches!(error, SessionError::HttpOfAnother(_))).count();
        assert_eq!(shared, 5, "{errors:?}");
    }
}
