//! A whole identity in this process: the real router over a temporary store.

use std::sync::Arc;

use api::identity_v3::{Bootstrap, Bootstrapped, EmbeddedTokens, IdentityApi, bootstrap, router};
use api::tokens::{TokenRefused, Tokens};
use auth::secret::Secret;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::Store;
use tower::ServiceExt;

/// The URL under which clients in these tests see the API.
pub const BASE: &str = "http://identity:5000";
/// The password of `admin`.
pub const ADMIN_PASSWORD: &str = "admin's password";
/// The password of `demo`.
pub const DEMO_PASSWORD: &str = "demo's password";

/// An installation.
pub struct World {
    /// What other APIs ask.
    pub tokens: Arc<EmbeddedTokens>,
    /// Its database.
    pub store: Store,
    router: Router,
    _database: testdb::TestDatabase,
}

/// What an installation starts with when this API and the one of volumes are at these ports.
pub fn starting_at(identity_port: u16, volume_port: u16) -> Bootstrap {
    Bootstrap {
        admin_password: Secret::new(ADMIN_PASSWORD.to_owned()),
        demo_password: Secret::new(DEMO_PASSWORD.to_owned()),
        hashes: None,
        identity_url: Some(format!("http://identity:{identity_port}")),
        volume_url: Some(format!("http://volume:{volume_port}")),
        key_manager_url: None,
        keys_are_elsewhere: false,
        image_url: None,
    }
}

impl World {
    /// A fresh one.
    pub async fn new() -> Self {
        let database = testdb::TestDatabase::new();
        let store = Store::open(database.options()).unwrap();
        let first = bootstrap(&store, &starting_at(5000, 8776)).await.unwrap();
        assert_eq!(first, Bootstrapped { passwords_set: true });
        let tokens = open_tokens(&store).await;
        let router = router(IdentityApi::new(Arc::clone(&tokens), BASE.to_owned()));
        Self { tokens, store, router, _database: database }
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Client<'_> {
        Client { world: self, token: None, user_id: String::new(), project_id: String::new() }
    }

    /// `admin` on the project `admin`.
    pub async fn admin(&self) -> Client<'_> {
        self.login("admin", ADMIN_PASSWORD, "admin").await
    }

    /// `demo` on the project `demo`.
    pub async fn demo(&self) -> Client<'_> {
        self.login("demo", DEMO_PASSWORD, "demo").await
    }

    /// A user of the domain `Default` on one of its projects.
    pub async fn login(&self, name: &str, password: &str, project: &str) -> Client<'_> {
        let scope = json!({"project": {"name": project, "domain": {"id": "default"}}});
        self.client(&self.issue(&by_password(name, password, Some(scope))).await.expect(201))
    }

    /// Asks for a token.
    pub async fn issue(&self, body: &Value) -> Answer {
        self.nobody().post("/v3/auth/tokens", body.clone()).await
    }

    /// The holder of the token that was issued.
    pub fn client(&self, issued: &Answer) -> Client<'_> {
        let token = &issued.body["token"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Client {
            world: self,
            token: Some(issued.headers["x-subject-token"].to_str().unwrap().to_owned()),
            user_id: text(&token["user"]["id"]),
            project_id: text(&token["project"]["id"]),
        }
    }

    /// Sends anything.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// Tokens as another process on the same database would have them.
pub async fn open_tokens(store: &Store) -> Arc<EmbeddedTokens> {
    EmbeddedTokens::open(store.clone(), Arc::new(|credentials| credentials)).await.unwrap()
}

/// A request for a token by a user of the domain `Default`.
pub fn by_password(name: &str, password: &str, scope: Option<Value>) -> Value {
    let user = json!({"name": name, "domain": {"name": "Default"}, "password": password});
    let mut body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    if let Some(scope) = scope {
        body["auth"]["scope"] = scope;
    }
    body
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// JSON; null for an empty body.
    pub body: Value,
}

impl Answer {
    /// This answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The message of a refusal with this status, which must have the form of one.
    #[track_caller]
    pub fn refusal(self, status: u16) -> String {
        let body = self.expect(status).body;
        assert_eq!(body["error"]["code"], status, "{body}");
        assert!(body["error"]["title"].is_string() && body.as_object().unwrap().len() == 1, "{body}");
        body["error"]["message"].as_str().unwrap().to_owned()
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub struct Client<'w> {
    world: &'w World,
    /// The token, if there is one.
    pub token: Option<String>,
    /// The user of the token.
    pub user_id: String,
    /// The project of the token, if there is one.
    pub project_id: String,
}

impl Client<'_> {
    /// A request of this client.
    pub fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path).header("host", "identity:5000");
        match &self.token {
            Some(token) => request.header("x-auth-token", token),
            None => request,
        }
    }

    /// Any method, without a body.
    pub async fn ask(&self, method: &str, path: &str) -> Answer {
        self.world.send(self.request(method, path).body(Body::empty()).unwrap()).await
    }

    /// Any method with a token in `X-Subject-Token`.
    pub async fn about(&self, method: &str, path: &str, token: &str) -> Answer {
        let request = self.request(method, path).header("x-subject-token", token);
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    /// Any method with any body.
    pub async fn say(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        self.world.send(request.body(body.into()).unwrap()).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.say("POST", path, body.to_string()).await
    }

    /// `PATCH` of JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.say("PATCH", path, body.to_string()).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str) -> Answer {
        self.ask("PUT", path).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path).await
    }
}

/// The arrangements that most tests begin with.
impl Client<'_> {
    /// Makes a project of the domain `Default` and returns its id.
    pub async fn make_project(&self, name: &str) -> String {
        self.make("project", json!({"name": name})).await
    }

    /// Makes a user of the domain `Default`, whose password is its name, and returns its id.
    pub async fn make_user(&self, name: &str) -> String {
        self.make("user", json!({"name": name, "password": name})).await
    }

    /// Makes anything and returns its id.
    pub async fn make(&self, noun: &str, resource: Value) -> String {
        let made = self.post(&format!("/v3/{noun}s"), json!({noun: resource})).await.expect(201);
        made.body[noun]["id"].as_str().unwrap().to_owned()
    }

    /// The id of the only thing of this name.
    pub async fn id_of(&self, noun: &str, name: &str) -> String {
        let found = self.get(&format!("/v3/{noun}s?name={name}")).await.expect(200);
        let found = found.body[format!("{noun}s")].as_array().unwrap().clone();
        assert_eq!(found.len(), 1, "{noun} {name}: {found:?}");
        found[0]["id"].as_str().unwrap().to_owned()
    }

    /// The path of a grant; `scope` is such as `projects/{id}` and `actor` such as `users/{id}`.
    pub async fn grant_path(&self, scope: &str, actor: &str, role: &str) -> String {
        format!("/v3/{scope}/{actor}/roles/{}", self.id_of("role", role).await)
    }

    /// Gives a role.
    pub async fn grant(&self, scope: &str, actor: &str, role: &str) {
        self.put(&self.grant_path(scope, actor, role).await).await.expect(204);
    }

    /// Makes a user with a role in a project of its name, and returns the ids of both.
    pub async fn make_person(&self, name: &str, role: &str) -> (String, String) {
        let (user, project) = (self.make_user(name).await, self.make_project(name).await);
        self.grant(&format!("projects/{project}"), &format!("users/{user}"), role).await;
        (user, project)
    }
}

/// The `key` of every item of a list.
pub fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap()).collect()
}

/// What the other APIs of this process are told of a client's token.
pub async fn counts(world: &World, client: &Client<'_>) -> bool {
    match world.tokens.validate(client.token.as_ref().unwrap()).await {
        Ok(_) => true,
        Err(TokenRefused::Invalid) => false,
        Err(error) => panic!("{error}"),
    }
}
