//! A login and its token, kept while it lasts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::token::{self, Token};
use super::{Login, SessionError};
use crate::http::Http;

#[derive(Debug)]
pub(super) struct Account {
    pub(super) login: Login,
    token: Mutex<Option<Token>>,
}

impl Account {
    pub(super) const fn new(login: Login) -> Self {
        Self { login, token: Mutex::new(None) }
    }

    /// A token that lasts for a while yet. Whoever else wants one waits while it is fetched.
    pub(super) fn token(&self, http: &Http) -> Result<Token, SessionError> {
        let mut kept = self.kept();
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh()) {
            return Ok(token.clone());
        }
        let fetched = token::fetch(http, &self.login)?;
        *kept = Some(fetched.clone());
        Ok(fetched)
    }

    pub(super) fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
