//! Tokens in time: what is remembered of them, when they expire, which key signs them, and what other processes see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::identity_v3::EmbeddedTokens;
use api::identity_v3::tokens::REFRESH;
use api::tokens::{TokenRefused, Tokens};
use auth::secret::Secret;
use auth::token::{Audit, Claims, KeyRing, Method, Methods, SigningKey, isotime};
use auth::{Credentials, ScopeId};
use model::Timestamp;
use store::StoreError;
use store::identity::signing_keys;

use crate::world::{Client, World, counts, open_tokens};

#[tokio::test]
async fn another_process_sees_a_revocation_soon() {
    let world = World::new().await;
    let other = open_tokens(&world.store).await;
    let demo = world.demo().await;
    let token = demo.token.clone().unwrap();
    assert!(other.validate(&token).await.is_ok(), "they share their keys");
    demo.about("DELETE", "/v3/auth/tokens", &token).await.expect(204);
    assert!(world.tokens.validate(&token).await.is_err());
    tokio::time::sleep(REFRESH + Duration::from_millis(100)).await;
    assert!(matches!(other.validate(&token).await, Err(TokenRefused::Invalid)));
}

#[tokio::test]
async fn another_process_believes_no_token_that_it_first_sees_after_its_end() {
    let world = World::new().await;
    let other = open_tokens(&world.store).await;
    let demo = world.demo().await;
    let token = demo.token.clone().unwrap();
    demo.about("DELETE", "/v3/auth/tokens", &token).await.expect(204);
    // The other process has not asked since, but looks the holder up in a database that is newer than what it knows.
    assert!(matches!(other.validate(&token).await, Err(TokenRefused::Invalid)));
}

/// A token of `demo` that was issued this many milliseconds ago, for an hour, signed with the installation's key.
async fn token_of_age(world: &World, age_ms: i64) -> String {
    let demo = world.demo().await;
    let (key, now) = world
        .store
        .read(|conn| Ok::<_, StoreError>((signing_keys::list(conn)?.remove(0), conn.now())))
        .await
        .unwrap();
    let mut secret = [0; 32];
    for (index, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&key.secret[2 * index..2 * index + 2], 16).unwrap();
    }
    let key = SigningKey::new(u32::try_from(key.id).unwrap(), Secret::new(secret));
    let issued_at = now.plus_millis(-age_ms);
    let claims = Claims {
        user_id: demo.user_id,
        scope: ScopeId::Project(demo.project_id),
        methods: Methods::default().with(Method::Password),
        issued_at,
        expires_at: issued_at.plus_millis(3_600_000),
        audit: Audit::begin().unwrap(),
        application_credential_id: None,
        auth_generation: 0,
    };
    KeyRing::new(key, Vec::new()).unwrap().issue(&claims).unwrap()
}

#[tokio::test]
async fn an_expired_token_counts_for_nobody_but_a_service_that_asks_for_it() {
    const HOUR: i64 = 3_600_000;
    let world = World::new().await;
    let admin = world.admin().await;
    let (young, old, ancient) = (
        token_of_age(&world, 1000).await,
        token_of_age(&world, 2 * HOUR).await,
        token_of_age(&world, 60 * HOUR).await,
    );
    assert!(world.tokens.validate(&young).await.is_ok());
    assert!(matches!(world.tokens.validate(&old).await, Err(TokenRefused::Invalid)));
    admin.about("GET", "/v3/auth/tokens", &old).await.refusal(404);
    admin.about("GET", "/v3/auth/tokens?allow_expired=0", &old).await.refusal(404);
    let shown = admin.about("GET", "/v3/auth/tokens?allow_expired=1", &old).await.expect(200);
    assert!(shown.body["token"]["expires_at"].as_str().unwrap() < &*isotime(now(&world).await));
    admin.about("GET", "/v3/auth/tokens?allow_expired=1", &ancient).await.refusal(404);

    admin.about("DELETE", "/v3/auth/tokens?allow_expired=1", &old).await.expect(204);
    admin.about("GET", "/v3/auth/tokens?allow_expired=1", &old).await.refusal(404);
}

async fn now(world: &World) -> Timestamp {
    world.store.read(|conn| Ok::<_, StoreError>(conn.now())).await.unwrap()
}

#[tokio::test]
async fn a_token_ends_when_it_says_although_it_is_remembered() {
    let world = World::new().await;
    let token = token_of_age(&world, 3_600_000 - 300).await;
    assert!(world.tokens.validate(&token).await.is_ok());
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(matches!(world.tokens.validate(&token).await, Err(TokenRefused::Invalid)));
}

async fn keys(world: &World) -> Vec<signing_keys::SigningKey> {
    world.store.read(signing_keys::list).await.unwrap()
}

/// Makes a signing key older than it is.
async fn age_key(world: &World, id: u64, days: i64) {
    let key = keys(world).await.into_iter().find(|key| key.id == id).unwrap();
    let signs_from = key.signs_from.plus_millis(-days * 24 * 3_600_000);
    let aged = world.store.write(move |conn| {
        signing_keys::remove(conn, id)?;
        signing_keys::insert(conn, &signing_keys::SigningKey { signs_from, ..key })
    });
    aged.await.unwrap();
}

#[tokio::test]
async fn keys_succeed_one_another_without_ending_a_token() {
    let world = World::new().await;
    let before = world.demo().await;
    assert_eq!(keys(&world).await.len(), 1);
    world.tokens.maintain().await.unwrap();
    assert_eq!(keys(&world).await.len(), 1, "a young key stays alone");

    age_key(&world, 1, 8).await;
    world.tokens.maintain().await.unwrap();
    assert_eq!(keys(&world).await.len(), 2, "the next key is made");
    assert_eq!(key_id(&world.demo().await), 1, "and does not sign before everybody knows it");

    age_key(&world, 2, 1).await;
    world.tokens.maintain().await.unwrap();
    let after = world.demo().await;
    assert_eq!((key_id(&before), key_id(&after)), (1, 2));
    assert!(counts(&world, &before).await && counts(&world, &after).await);

    age_key(&world, 2, 4).await;
    world.tokens.maintain().await.unwrap();
    assert_eq!(keys(&world).await.len(), 1, "the first key is not needed any more");
    assert!(!counts(&world, &before).await && counts(&world, &after).await);
}

/// The key that signed a client's token: bytes 1 to 4.
fn key_id(client: &Client<'_>) -> u32 {
    use base64::Engine;
    let token = client.token.as_ref().unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).unwrap();
    u32::from_be_bytes(bytes[1..5].try_into().unwrap())
}

#[tokio::test]
async fn who_is_an_administrator_is_asked_again_when_the_policy_changed() {
    let world = World::new().await;
    let demo = world.demo().await;
    let all = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&all);
    let mark_admin =
        Arc::new(move |credentials| Credentials { is_admin: asked.load(Ordering::Relaxed), ..credentials });
    let tokens = EmbeddedTokens::open(world.store.clone(), mark_admin).await.unwrap();
    let is_admin = || async { tokens.validate(demo.token.as_ref().unwrap()).await.unwrap().is_admin };
    assert!(!is_admin().await);
    all.store(true, Ordering::Relaxed);
    assert!(!is_admin().await, "it is remembered");
    tokens.forget();
    assert!(is_admin().await);
}

#[tokio::test]
async fn a_token_that_is_remembered_costs_next_to_nothing() {
    const MANY: u32 = 10_000;
    let world = World::new().await;
    let token = world.demo().await.token.unwrap();
    let begun = Instant::now();
    for _ in 0..MANY {
        world.tokens.validate(&token).await.unwrap();
    }
    let each = begun.elapsed() / MANY;
    assert!(each < Duration::from_micros(100), "{each:?}");
}
