//! The Key Manager API.

use std::sync::Arc;

use api::identity_v3::EmbeddedTokens;
use api::key_manager::{KeyManagerApi, PATH, router};
use api::tokens::Tokens;
use auth::Credentials;
use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use operations::keys::{MasterKey, SealedKeys, ServedKeys};
use ports::KeyManager;
use ports::keys::KeySpec;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{BASE, World};

async fn ask(router: &Router, path: &str, token: Option<&String>) -> (u16, Vec<u8>) {
    let mut request = Request::get(format!("{PATH}{path}")).header("host", "identity:5000");
    if let Some(token) = token {
        request = request.header("x-auth-token", token);
    }
    let reply = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = reply.status().as_u16();
    (status, reply.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// The key of what nobody knows any more is an administrator's alone.
#[tokio::test(flavor = "multi_thread")]
async fn gives_a_key_to_whom_it_belongs() {
    let world = World::new().await;
    let runtime = tokio::runtime::Handle::current();
    let manager = Arc::new(SealedKeys::new(world.store.clone(), MasterKey::draw().unwrap(), runtime));
    let making = Arc::clone(&manager);
    let spec = KeySpec { algorithm: "aes".to_owned(), bits: 256 };
    let made = tokio::task::spawn_blocking(move || {
        let id = making.ensure("something", &spec).unwrap();
        (id, making.get(id).unwrap())
    });
    let (id, key) = made.await.unwrap();
    let mark_admin =
        |credentials: Credentials| Credentials { is_admin: credentials.has_role("admin"), ..credentials };
    let tokens: Arc<dyn Tokens> =
        EmbeddedTokens::open(world.store.clone(), Arc::new(mark_admin)).await.unwrap();
    let keys = ServedKeys::new(world.store.clone(), manager);
    let router = router(KeyManagerApi { tokens, keys, local_url: BASE.to_owned() });

    let (status, versions) = ask(&router, "/", None).await;
    let versions: Value = serde_json::from_slice(&versions).unwrap();
    assert_eq!((status, &versions["versions"][0]["id"]), (300, &"v1".into()));
    assert_eq!(versions["versions"][0]["links"][0]["href"], format!("{BASE}{PATH}/v1/"));

    let (admin, demo) = (world.admin().await, world.demo().await);
    let (fact, payload) = (format!("/v1/secrets/{id}"), format!("/v1/secrets/{id}/payload"));
    let (status, facts) = ask(&router, &fact, admin.token.as_ref()).await;
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        (&facts["algorithm"], &facts["bit_length"], &facts["status"]),
        (&"aes".into(), &256.into(), &"ACTIVE".into())
    );
    assert_eq!(facts["secret_ref"], format!("{BASE}{PATH}{fact}"));
    assert_eq!(ask(&router, &payload, admin.token.as_ref()).await, (200, key.secret.expose().clone()));
    let unknown = format!("/v1/secrets/{}", model::KeyId::random());
    for (path, token, status) in [
        (&fact, None, 401),
        (&payload, None, 401),
        (&fact, demo.token.as_ref(), 403),
        (&payload, demo.token.as_ref(), 403),
        (&unknown, admin.token.as_ref(), 404),
    ] {
        let (found, body) = ask(&router, path, token).await;
        assert_eq!(found, status, "{path}");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], status);
    }
}
