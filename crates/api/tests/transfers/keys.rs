//! Who may have the key of an encrypted volume, before and after it has changed hands.

use std::sync::Arc;

use api::key_manager::{KeyManagerApi, PATH, router};
use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use model::{KeyId, VolumeId};
use operations::keys::{MasterKey, SealedKeys, ServedKeys, name_of};
use ports::KeyManager;
use ports::keys::KeySpec;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tower::ServiceExt;

use crate::support::World;
use crate::support::arrange::available;
use crate::{accepting, offer};

/// The Key Manager API over the keys of a world.
struct Served {
    manager: Arc<SealedKeys>,
    router: Router,
}

impl Served {
    fn new(world: &World) -> Self {
        let master = MasterKey::draw().unwrap();
        let manager = Arc::new(SealedKeys::new(world.store.clone(), master, Handle::current()));
        let keys = ServedKeys::new(world.store.clone(), Arc::clone(&manager) as Arc<dyn KeyManager>);
        let api =
            KeyManagerApi { tokens: Arc::clone(&world.api.tokens), keys, local_url: "http://k".to_owned() };
        Self { manager, router: router(api) }
    }

    /// Makes a key of this name.
    async fn make(&self, name: String) -> (KeyId, Vec<u8>) {
        let manager = Arc::clone(&self.manager);
        let made = tokio::task::spawn_blocking(move || {
            let spec = KeySpec { algorithm: "aes".to_owned(), bits: 512 };
            let id = manager.ensure(&name, &spec).unwrap();
            (id, manager.get(id).unwrap().secret.expose().clone())
        });
        made.await.unwrap()
    }

    async fn ask(&self, path: &str, token: &str) -> (u16, Vec<u8>) {
        let request = Request::get(format!("{PATH}/v1/secrets/{path}")).header("x-auth-token", token);
        let reply = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = reply.status().as_u16();
        (status, reply.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// Asserts that these, and nobody else, get the key.
    async fn assert_for(&self, id: KeyId, secret: &[u8], allowed: &[&str]) {
        for token in ["admin", "system", "service", "manager", "member", "reader", "stranger"] {
            let (status, facts) = self.ask(&id.to_string(), token).await;
            let facts: Value = serde_json::from_slice(&facts).unwrap();
            let (also, payload) = self.ask(&format!("{id}/payload"), token).await;
            assert_eq!(status, also, "{token}");
            if allowed.contains(&token) {
                assert_eq!((status, payload.as_slice()), (200, secret), "{token}");
                assert_eq!((&facts["algorithm"], &facts["bit_length"]), (&json!("aes"), &json!(512)));
            } else {
                assert_eq!((status, &facts["code"]), (403, &json!(403)), "{token}");
                assert!(!payload.windows(8).any(|part| secret.starts_with(part)), "{token}");
            }
        }
    }
}

async fn note(world: &World, volume: VolumeId, key: KeyId) {
    world.write(move |conn| store::volumes::set_key(conn, volume, Some(key))).await;
}

/// Whoever is of the project, services and administrators.
const ITS_OWN: [&str; 5] = ["admin", "system", "service", "manager", "member"];
const THE_OTHERS: [&str; 4] = ["admin", "system", "service", "stranger"];

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_with_its_volume_to_who_accepts_it() {
    let world = World::new().await;
    let served = Served::new(&world);
    let volume = available(&world).await;
    let (key, secret) = served.make(name_of(volume)).await;
    // Before it is noted, its name says what it is for.
    served.assert_for(key, &secret, &ITS_OWN).await;
    note(&world, volume, key).await;
    served.assert_for(key, &secret, &ITS_OWN).await;
    let transfer = offer(&world, volume, json!({})).await;
    served.assert_for(key, &secret, &ITS_OWN).await;
    let (path, body) = accepting(&transfer);
    world.stranger().at("3.71").post(&path, body).await.expect(202);
    served.assert_for(key, &secret, &THE_OTHERS).await;
}

/// As after a move within a backend, which gives its data there another name.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_its_volumes_whatever_either_is_called() {
    let world = World::new().await;
    let served = Served::new(&world);
    let volume = available(&world).await;
    let (key, secret) = served.make(name_of(VolumeId::random())).await;
    served.assert_for(key, &secret, &["admin", "system", "service"]).await;
    note(&world, volume, key).await;
    served.assert_for(key, &secret, &ITS_OWN).await;
}
