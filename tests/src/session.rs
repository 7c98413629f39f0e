//! A logged-in user who speaks plain HTTP to the volume service.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::http::{Reply, Request};
use crate::wait::{self, PATIENCE};

/// The newest microversion of the volume service.
pub const NEWEST: &str = "3.71";

/// The longest page of a list.
const PAGE: usize = 1000;

/// Statuses that end an operation badly.
fn is_failure(status: &str) -> bool {
    status.starts_with("error")
}

/// A token, and where it leads.
#[derive(Clone, Debug)]
pub struct Session {
    /// The token.
    pub token: String,
    /// The project it is scoped to.
    pub project_id: String,
    /// The user it was issued to.
    pub user_id: String,
    /// The identity service, ending in `/v3`.
    pub auth_url: String,
    /// The volume service of the project, without a slash at its end.
    pub endpoint: String,
    microversion: Option<String>,
}

impl Session {
    /// Logs in with a password.
    ///
    /// # Panics
    /// If that is refused, or the catalog has no volume service.
    pub fn login(cloud: &Cloud) -> Self {
        let reply = issue_token(&cloud.auth_url, &password_auth(cloud)).expect(201);
        Self::from_token_reply(&cloud.auth_url, &reply)
    }

    /// Reads the reply of `POST /v3/auth/tokens`.
    ///
    /// # Panics
    /// If it lacks something that every client needs.
    pub fn from_token_reply(auth_url: &str, reply: &Reply) -> Self {
        let body = reply.json();
        let token = reply.header("X-Subject-Token").expect("a token in X-Subject-Token").to_owned();
        let text = |pointer: &str| {
            let found = body.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_else(|| panic!("no {pointer} in {body}")).to_owned()
        };
        Self {
            token,
            project_id: text("/token/project/id"),
            user_id: text("/token/user/id"),
            auth_url: auth_url.to_owned(),
            endpoint: public_endpoint(&body, "block-storage").trim_end_matches('/').to_owned(),
            microversion: Some(NEWEST.to_owned()),
        }
    }

    /// The same session at another microversion; at none, the service's oldest answers.
    pub fn at(&self, microversion: Option<&str>) -> Self {
        Self { microversion: microversion.map(str::to_owned), ..self.clone() }
    }

    /// A request to `path` of the volume service, or to an absolute address, with the token and the microversion.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let url =
            if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.endpoint) };
        let request = Request::new(method, &url).header("X-Auth-Token", &self.token);
        let request = request.header("Accept", "application/json");
        match &self.microversion {
            Some(version) => request.header("OpenStack-API-Version", &format!("volume {version}")),
            None => request,
        }
    }

    /// Sends a request without a body.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn send(&self, method: &str, path: &str) -> Reply {
        answered(&self.request(method, path))
    }

    /// Sends a request with a JSON body.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn send_json(&self, method: &str, path: &str, body: &Value) -> Reply {
        answered(&self.request(method, path).json(body))
    }

    /// `GET`, which must succeed with JSON.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.send("GET", path).expect(200).json()
    }

    /// `POST`; whatever comes back.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send_json("POST", path, body)
    }

    /// `PUT`; whatever comes back.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send_json("PUT", path, body)
    }

    /// `DELETE`; whatever comes back.
    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path)
    }

    /// The address of `path` in the identity service.
    pub fn identity(&self, path: &str) -> String {
        format!("{}{path}", self.auth_url)
    }

    /// Asks for a volume with these fields and waits until it is there; its id.
    ///
    /// # Panics
    /// If it is refused or fails.
    #[track_caller]
    pub fn make_volume(&self, fields: Value) -> String {
        let id = self.ask_volume(fields);
        self.await_volume(&id, "available");
        id
    }

    /// Asks for a volume with these fields; its id.
    ///
    /// # Panics
    /// If it is refused.
    #[track_caller]
    pub fn ask_volume(&self, fields: Value) -> String {
        let reply = self.post("/volumes", &json!({ "volume": fields })).expect(202).json();
        reply["volume"]["id"].as_str().expect("a volume id").to_owned()
    }

    /// Snapshots a volume and waits until that is done; the snapshot's id.
    ///
    /// # Panics
    /// If it is refused or fails.
    #[track_caller]
    pub fn make_snapshot(&self, volume_id: &str) -> String {
        let reply =
            self.post("/snapshots", &json!({"snapshot": {"volume_id": volume_id}})).expect(202).json();
        let id = reply["snapshot"]["id"].as_str().expect("a snapshot id").to_owned();
        self.await_status(&format!("/snapshots/{id}"), "snapshot", "available");
        id
    }

    /// Waits until the volume has the status; the volume.
    ///
    /// # Panics
    /// If it fails or takes too long.
    #[track_caller]
    pub fn await_volume(&self, id: &str, status: &str) -> Value {
        self.await_status(&format!("/volumes/{id}"), "volume", status)
    }

    /// Waits until the resource at `path` has the status; the resource.
    ///
    /// # Panics
    /// If it fails or takes too long.
    #[track_caller]
    pub fn await_status(&self, path: &str, key: &str, wanted: &str) -> Value {
        let mut last = Value::Null;
        let settled = wait::poll(PATIENCE, || {
            last = self.get(path)[key].take();
            let status = last["status"].as_str().unwrap_or_default();
            (status == wanted || is_failure(status)).then(|| status == wanted)
        });
        assert_eq!(settled, Some(true), "{path} should become {wanted}: {last}");
        last
    }

    /// Deletes the resource at `path` and waits until it is gone.
    ///
    /// # Panics
    /// If that is refused or takes too long.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        self.delete(path).expect(202);
        self.await_gone(path);
    }

    /// Waits until there is nothing at `path`.
    ///
    /// # Panics
    /// If there still is after a while.
    #[track_caller]
    pub fn await_gone(&self, path: &str) {
        self.await_gone_for(path, PATIENCE);
    }

    #[track_caller]
    fn await_gone_for(&self, path: &str, limit: Duration) {
        wait::until(limit, &format!("{path} is gone"), || {
            (self.send("GET", path).status == 404).then_some(())
        });
    }

    /// Every resource of a collection, page by page: `("/volumes/detail", "volumes")`.
    ///
    /// # Panics
    /// If a page cannot be had.
    pub fn list(&self, path: &str, key: &str) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let marker =
                found.last().map(|last| format!("&marker={}", last["id"].as_str().unwrap_or_default()));
            let page = self.get(&format!("{path}{joint}limit={PAGE}{}", marker.unwrap_or_default()));
            let page = page[key].as_array().unwrap_or_else(|| panic!("no {key} in {page}")).clone();
            let is_last = page.len() < PAGE;
            found.extend(page);
            if is_last {
                return found;
            }
        }
    }

    /// Every volume, with all fields.
    pub fn volumes(&self) -> Vec<Value> {
        self.list("/volumes/detail", "volumes")
    }

    /// Every snapshot, with all fields.
    pub fn snapshots(&self) -> Vec<Value> {
        self.list("/snapshots/detail", "snapshots")
    }
}

/// The body that asks for a token with a password.
pub fn password_auth(cloud: &Cloud) -> Value {
    let domain = json!({ "name": cloud.domain_name });
    json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": cloud.username, "domain": domain, "password": cloud.password,
        }}},
        "scope": {"project": {"name": cloud.project_name, "domain": domain}},
    }})
}

/// `POST /v3/auth/tokens`.
///
/// # Panics
/// If there is no answer.
pub fn issue_token(auth_url: &str, body: &Value) -> Reply {
    answered(&Request::new("POST", &format!("{auth_url}/auth/tokens")).json(body))
}

fn answered(request: &Request) -> Reply {
    request.send().unwrap_or_else(|error| panic!("no answer to {request:.200?}: {error}"))
}

/// The public address of a service in a token's catalog.
///
/// # Panics
/// If the catalog does not have it.
pub fn public_endpoint(token: &Value, service_type: &str) -> String {
    let catalog = token.pointer("/token/catalog").and_then(Value::as_array);
    let service = catalog.into_iter().flatten().find(|service| service["type"] == service_type);
    let endpoints = service.and_then(|service| service["endpoints"].as_array());
    let public = endpoints.into_iter().flatten().find(|endpoint| endpoint["interface"] == "public");
    let url = public.and_then(|endpoint| endpoint["url"].as_str());
    url.unwrap_or_else(|| panic!("no public {service_type} in the catalog: {token}")).to_owned()
}
