//! One request, as a handler sees it.

use std::sync::Arc;

use auth::policy::{Attributes, IdentityRule, Policy, Value};
use auth::secret::Secret;
use bytes::Bytes;
use http::HeaderMap;
use store::Conn;

use super::bootstrap::DEFAULT_DOMAIN_ID;
use super::query::Query;
use super::tokens::Bearer;
use super::{Fault, IdentityApi};
use crate::http::Reply;

/// A request whose body was read, by whomever.
#[derive(Clone)]
pub(crate) struct Request {
    /// What all requests share.
    pub(crate) api: IdentityApi,
    /// Parts of the path, by their names in the route.
    pub(crate) path: Vec<(String, String)>,
    /// What stands behind the question mark.
    pub(crate) query: Query,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// `http://host:port`.
    pub(crate) base_url: String,
    /// The URL that was asked for, with its query.
    pub(crate) self_url: String,
}

impl Request {
    /// A part of the path by its name in the route.
    #[must_use]
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A header, if it is text.
    #[must_use]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The URL that was asked for with another value of one parameter.
    #[must_use]
    pub(crate) fn url_with(&self, name: &str, value: &str) -> String {
        let (path, query) = self.self_url.split_once('?').unwrap_or((&self.self_url, ""));
        let is_other = |pair: &&str| pair.split('=').next() != Some(name) && !pair.is_empty();
        let others = query.split('&').filter(is_other).map(|pair| format!("{pair}&")).collect::<String>();
        format!("{path}?{others}{name}={value}")
    }

    /// The URL of a path below `/v3/`.
    #[must_use]
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/v3/{path}", self.base_url)
    }
}

/// A request by the holder of a token.
#[derive(Clone)]
pub(crate) struct Call {
    /// The request.
    pub(crate) request: Request,
    /// Who asks.
    pub(crate) caller: Arc<Bearer>,
    /// The rule of the route.
    pub(crate) rule: IdentityRule,
    /// The policy in force when the request came.
    pub(crate) policy: Arc<Policy<IdentityRule>>,
}

impl Call {
    /// A part of the path by its name in the route.
    #[must_use]
    pub(crate) fn part(&self, name: &str) -> &str {
        self.request.part(name)
    }

    /// Checks the route's rule against what is touched. What does not exist has no attributes: who may not see
    /// whether it exists is refused before it is missed.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn require(&self, target: &[(&str, Value<'_>)]) -> Result<(), Fault> {
        if self.allows(self.rule, target) { Ok(()) } else { Err(Fault::policy(self.rule)) }
    }

    /// Whether `rule` allows the caller to touch `target`.
    #[must_use]
    pub(crate) fn allows(&self, rule: IdentityRule, target: &[(&str, Value<'_>)]) -> bool {
        self.policy.allows(rule, &self.caller.credentials, &Attributes(target))
    }

    /// The domain that a token of a domain is confined to.
    #[must_use]
    pub(crate) fn own_domain(&self) -> Option<&str> {
        self.caller.credentials.domain_id()
    }

    /// The domain of something new: the one that is said, the caller's own, or the default one.
    #[must_use]
    pub(crate) fn domain_for_new(&self, said: Option<String>) -> String {
        let said = said.or_else(|| self.own_domain().map(str::to_owned));
        said.unwrap_or_else(|| DEFAULT_DOMAIN_ID.to_owned())
    }

    /// Goes on if `job` does not object. For what must be known before something expensive is done.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub(crate) async fn check(
        self,
        job: impl FnOnce(&Self, &Conn<'_>) -> Result<(), Fault> + Send + 'static,
    ) -> Result<Self, Fault> {
        let store = self.request.api.tokens.store().clone();
        store.read(move |conn| job(&self, conn).map(|()| self)).await
    }

    /// Answers from one snapshot of the database.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub(crate) async fn read(
        self,
        job: impl FnOnce(&Self, &Conn<'_>) -> Result<Reply, Fault> + Send + 'static,
    ) -> Result<Reply, Fault> {
        let store = self.request.api.tokens.store().clone();
        store.read(move |conn| job(&self, conn)).await
    }

    /// Changes the identity in one transaction.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub(crate) async fn write(
        self,
        job: impl FnOnce(&Self, &Conn<'_>) -> Result<Reply, Fault> + Clone + Send + 'static,
    ) -> Result<Reply, Fault> {
        let tokens = Arc::clone(&self.request.api.tokens);
        tokens.write(move |conn| job(&self, conn)).await
    }

    /// The hash of a password that the request sets, if it sets one.
    ///
    /// # Errors
    /// 400 when it is empty or too long; 503 when too many wait.
    pub(crate) async fn hash(&self, password: Option<Secret<String>>) -> Result<Option<String>, Fault> {
        match password {
            None => Ok(None),
            Some(password) => self.request.api.hashing.hash(password).await.map(Some),
        }
    }
}
