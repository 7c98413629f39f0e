//! A token with its catalog.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Timestamp;
use model::secret::Secret;
use serde::Deserialize;

use super::{Login, Service, SessionError};
use crate::http::{Http, HttpError, Request};

/// So long before its end a token is replaced.
const MARGIN: Duration = Duration::from_secs(60);
/// What is assumed of a token that does not say how long it lasts.
const USUAL_LIFE: Duration = Duration::from_secs(300);

/// A token that was given to us.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) id: Secret<String>,
    fresh_until: Instant,
    catalog: Arc<[Entry]>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
struct Endpoint {
    interface: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    region_id: Option<String>,
    url: String,
}

#[derive(Deserialize)]
struct Body {
    token: Facts,
}

#[derive(Deserialize)]
struct Facts {
    #[serde(default)]
    issued_at: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    catalog: Vec<Entry>,
}

/// Asks Keystone for a token.
pub(super) fn fetch(http: &Http, login: &Login) -> Result<Token, SessionError> {
    let (url, body) = (login.tokens_url(), login.body());
    let asked = Instant::now();
    let reply = http.send(&Request { method: "POST", url: &url, headers: &[], body: Some(&body) })?;
    if reply.status != 201 {
        return Err(SessionError::Refused {
            auth_url: login.auth_url.clone(),
            username: login.username.clone(),
            status: reply.status,
        });
    }
    let id = reply.header("x-subject-token");
    let id = id.ok_or_else(|| HttpError::NotUnderstood("a login without X-Subject-Token".to_owned()))?;
    let facts = reply.json::<Body>()?.token;
    Ok(Token {
        id: Secret::new(id.to_owned()),
        fresh_until: asked + life(&facts).saturating_sub(MARGIN),
        catalog: facts.catalog.into(),
    })
}

/// How long it lasts, both ends by Keystone's clock.
fn life(facts: &Facts) -> Duration {
    let at = |text: &Option<String>| text.as_deref().and_then(Timestamp::parse);
    match (at(&facts.issued_at), at(&facts.expires_at)) {
        (Some(issued), Some(expires)) => {
            Duration::from_micros(u64::try_from(expires.since(issued)).unwrap_or(0))
        }
        _ => USUAL_LIFE,
    }
}

impl Token {
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.fresh_until
    }

    /// The address of a service.
    pub(super) fn endpoint(&self, service: &Service) -> Result<String, SessionError> {
        let fits = |endpoint: &&Endpoint| {
            let region = [&endpoint.region, &endpoint.region_id];
            let there = service.region.is_none() || region.into_iter().any(|name| *name == service.region);
            // Of old, interfaces were called `publicURL` and so on.
            there && endpoint.interface == service.interface.trim_end_matches("URL")
        };
        let of_kind = |kind: &str| {
            let mut entries = self.catalog.iter().filter(|entry| entry.kind == kind);
            entries.find_map(|entry| entry.endpoints.iter().find(fits))
        };
        let found = service.types.iter().copied().find_map(of_kind);
        found.map(|endpoint| endpoint.url.clone()).ok_or_else(|| SessionError::NoEndpoint {
            service: service.types.first().copied().unwrap_or_default().to_owned(),
            interface: service.interface.clone(),
            region: service.region.clone().unwrap_or_else(|| "any".to_owned()),
        })
    }
}
