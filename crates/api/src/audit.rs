//! Audit events: who asked for which change, and how that ended, in the words of CADF (DMTF DSP0262) and in the form of
//! keystonemiddleware's filter `audit`.
//!
//! That a change is asked for is written before anything is done, and nothing is done when it cannot be written: what
//! changed without a response event was cut off. Bodies and queries, where secrets may be, are not told.

use std::net::IpAddr;

use auth::Credentials;
use http::{Extensions, HeaderMap, header};
use model::{MessageId, ProjectId, Timestamp, UserId};
use serde_json::{Value, json};
use store::outbox::{self, Notice};
use store::{Store, StoreError};

use crate::http::Client;

/// A service, as others know it.
#[derive(Debug)]
pub(crate) struct Service {
    /// Who tells.
    publisher: &'static str,
    name: &'static str,
    /// The taxonomy of what is changed.
    taxonomy: &'static str,
}

/// The Block Storage API.
pub(crate) const VOLUMES: Service =
    Service { publisher: "cinder-api", name: "cinder", taxonomy: "service/storage/block" };
/// The Image API.
pub(crate) const IMAGES: Service =
    Service { publisher: "glance-api", name: "glance", taxonomy: "service/storage/image" };

/// A request that is audited.
pub(crate) struct Audit {
    store: Store,
    publisher: &'static str,
    event: Value,
    request_id: String,
    project_id: ProjectId,
    user_id: UserId,
}

/// What is said of a request.
pub(crate) struct Asked<'a> {
    pub(crate) service: &'static Service,
    pub(crate) method: &'a str,
    /// Its path, without the query.
    pub(crate) path: &'a str,
    /// The path of its route: `/volumes/{volume_id}/action`.
    pub(crate) route: &'a str,
    /// What the body of an action names.
    pub(crate) action: Option<&'a str>,
    /// Parts of the path by their names.
    pub(crate) parts: &'a [(String, String)],
    pub(crate) request_id: &'a str,
    pub(crate) client: Whence<'a>,
    /// Where it was sent.
    pub(crate) base_url: &'a str,
}

/// Where a request comes from.
pub(crate) struct Whence<'a> {
    address: Option<IpAddr>,
    agent: Option<&'a str>,
}

impl<'a> Whence<'a> {
    pub(crate) fn of(headers: &'a HeaderMap, extensions: &Extensions) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self { address: extensions.get::<Client>().map(|client| client.0), agent }
    }

    fn to_json(&self) -> Value {
        let mut host = json!({});
        if let Some(address) = self.address {
            host["address"] = address.to_string().into();
        }
        if let Some(agent) = self.agent {
            host["agent"] = agent.into();
        }
        host
    }
}

impl Audit {
    /// Whether requests of this method change something.
    pub(crate) fn is_of(method: &str) -> bool {
        !matches!(method, "GET" | "HEAD" | "OPTIONS")
    }

    /// Writes that a change is asked for. Returns when that is durable.
    pub(crate) async fn begin(
        store: Store,
        who: &Credentials,
        asked: &Asked<'_>,
    ) -> Result<Self, StoreError> {
        let project = who.project_id().unwrap_or_default();
        let audit = Self {
            store,
            publisher: asked.service.publisher,
            event: event(who, project, asked),
            request_id: asked.request_id.to_owned(),
            project_id: ProjectId::new(project),
            user_id: UserId::new(who.user.id.as_str()),
        };
        audit.write("audit.http.request", "pending", None).await?;
        Ok(audit)
    }

    /// Writes how it ended.
    pub(crate) async fn end(self, status: u16) {
        let outcome = if (200..400).contains(&status) { "success" } else { "failure" };
        if let Err(error) = self.write("audit.http.response", outcome, Some(status)).await {
            let request_id = self.request_id;
            tracing::error!(
                request_id,
                status,
                error = error.chain(),
                "cannot write how an audited request ended"
            );
        }
    }

    async fn write(&self, event_type: &str, outcome: &str, status: Option<u16>) -> Result<(), StoreError> {
        let (mut payload, event_type) = (self.event.clone(), event_type.to_owned());
        payload["outcome"] = outcome.into();
        let (request_id, project_id, user_id) =
            (Some(self.request_id.clone()), self.project_id.clone(), self.user_id.clone());
        let (message_id, publisher_id) = (MessageId::random().to_string(), self.publisher.to_owned());
        let write = move |conn: &store::Conn<'_>| {
            let now = conn.now();
            complete(&mut payload, status, now);
            let payload = payload.to_string();
            let priority = "INFO".to_owned();
            let notice = Notice {
                message_id,
                event_type,
                publisher_id,
                priority,
                request_id,
                project_id,
                user_id,
                payload,
                created_at: now,
            };
            outbox::insert(conn, &notice)
        };
        self.store.write(write).await
    }
}

/// What is known of a request when it comes.
fn event(who: &Credentials, project: &str, asked: &Asked<'_>) -> Value {
    let target = asked.parts.iter().rev().find(|(name, _)| name != "project_id");
    let service = who.service.as_ref().map(|service| service.user.name.as_str());
    json!({
        "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
        "id": MessageId::random(),
        "eventType": "activity",
        "action": action(asked),
        "initiator": {
            "typeURI": "service/security/account/user",
            "id": who.user.id,
            "name": who.user.name,
            "domain": who.user.domain.name,
            "project_id": project,
            "request_id": asked.request_id,
            "forwarded_by": service,
            "credential": {"token": "***", "identity_status": "Confirmed"},
            "host": asked.client.to_json(),
        },
        "target": {
            "typeURI": type_uri(asked.service.taxonomy, asked.route),
            "id": target.map_or("unknown", |(_, id)| id.as_str()),
            "name": asked.service.name,
            "addresses": [{"url": asked.base_url, "name": "public"}],
        },
        "observer": {"id": "target"},
        "requestPath": asked.path,
        "tags": [format!("correlation_id?value={}", asked.request_id.trim_start_matches("req-"))],
    })
}

/// Adds what is known when it is written.
fn complete(payload: &mut Value, status: Option<u16>, now: Timestamp) {
    payload["eventTime"] = format!("{now}+0000").into();
    if let Some(status) = status {
        payload["reason"] = json!({"reasonType": "HTTP", "reasonCode": status.to_string()});
        let reporter =
            json!({"role": "modifier", "reporterTime": format!("{now}+0000"), "reporter": {"id": "target"}});
        payload["reporterchain"] = json!([reporter]);
    }
}

/// The verb of CADF.
fn action(asked: &Asked<'_>) -> String {
    match (asked.method, asked.action) {
        (_, Some(name)) => format!("update/{name}"),
        ("DELETE", None) => "delete".to_owned(),
        ("PUT" | "PATCH", None) => "update".to_owned(),
        _ => "create".to_owned(),
    }
}

/// `/volumes/{volume_id}/action` as `service/storage/block/volumes/volume/action`.
fn type_uri(taxonomy: &str, route: &str) -> String {
    let mut uri = taxonomy.to_owned();
    let mut before = "";
    for part in route.split('/').filter(|part| !part.is_empty()) {
        uri.push('/');
        uri.push_str(if part.starts_with('{') { before.trim_end_matches('s') } else { part });
        before = part;
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_is_named_by_its_path() {
        let type_uri = |route| type_uri(VOLUMES.taxonomy, route);
        assert_eq!(type_uri("/volumes"), "service/storage/block/volumes");
        assert_eq!(type_uri("/volumes/{volume_id}/action"), "service/storage/block/volumes/volume/action");
        assert_eq!(
            type_uri("/types/{type_id}/extra_specs/{key}"),
            "service/storage/block/types/type/extra_specs/extra_spec"
        );
    }

    #[test]
    fn reading_is_not_audited() {
        assert_eq!(
            ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"].map(Audit::is_of),
            [false, false, false, true, true, true]
        );
    }
}
