//! Tokens after they were issued: validated, revoked, ended by what happens to their holders.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::identity_v3::EmbeddedTokens;
use api::identity_v3::tokens::REFRESH;
use api::tokens::{TokenRefused, Tokens};
use auth::Credentials;
use auth::ScopeId;
use auth::secret::Secret;
use auth::token::{Audit, Claims, KeyRing, Method, Methods, SigningKey, isotime};
use model::Timestamp;
use serde_json::json;
use store::StoreError;
use store::identity::signing_keys;

use crate::world::{ADMIN_PASSWORD, Client, DEMO_PASSWORD, World, by_password, open_tokens};

/// What the other APIs of this process are told of a client's token.
async fn counts(world: &World, client: &Client<'_>) -> bool {
    match world.tokens.validate(client.token.as_ref().unwrap()).await {
        Ok(_) => true,
        Err(TokenRefused::Invalid) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_token_is_shown_as_it_was_issued() {
    let world = World::new().await;
    let scope = json!({"project": {"name": "demo", "domain": {"name": "Default"}}});
    let issued = world.issue(&by_password("demo", DEMO_PASSWORD, Some(scope))).await.expect(201);
    let (demo, admin) = (world.client(&issued), world.admin().await);
    let token = demo.token.clone().unwrap();
    for asker in [&demo, &admin] {
        let shown = asker.about("GET", "/v3/auth/tokens", &token).await.expect(200);
        assert_eq!(shown.body, issued.body);
        assert_eq!(shown.headers["x-subject-token"], token.as_str());
    }
    let short = admin.about("GET", "/v3/auth/tokens?nocatalog", &token).await.expect(200);
    assert!(short.body["token"].get("catalog").is_none());
    let head = admin.about("HEAD", "/v3/auth/tokens", &token).await.expect(200);
    assert!(head.body.is_null());
    assert_eq!(head.headers["x-subject-token"], token.as_str());
}

#[tokio::test]
async fn what_is_no_token_is_not_found_and_others_tokens_are_not_shown() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    for method in ["GET", "DELETE"] {
        assert_eq!(admin.ask(method, "/v3/auth/tokens").await.refusal(404), "No token in the request");
        admin.about(method, "/v3/auth/tokens", "nonsense").await.refusal(404);
        demo.about(method, "/v3/auth/tokens", "nonsense").await.refusal(404);
        demo.about(method, "/v3/auth/tokens", admin.token.as_ref().unwrap()).await.refusal(403);
    }
    assert_eq!(admin.about("HEAD", "/v3/auth/tokens", "nonsense").await.status, 404);
    assert!(counts(&world, &admin).await);
}

#[tokio::test]
async fn other_apis_are_told_who_holds_a_token() {
    let world = World::new().await;
    let demo = world.demo().await;
    let token = demo.token.clone().unwrap();
    let credentials = world.tokens.validate(&token).await.unwrap();
    assert_eq!((&*credentials.user.name, &*credentials.user.domain.name), ("demo", "Default"));
    assert_eq!(credentials.project_id(), Some(demo.project_id.as_str()));
    assert_eq!(credentials.roles, ["member", "reader"]);
    assert!(!credentials.is_admin);
    let again = world.tokens.validate(&token).await.unwrap();
    assert!(Arc::ptr_eq(&credentials, &again), "it was remembered");
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_and_takes_its_children_along() {
    let world = World::new().await;
    let parent = world.client(&world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201));
    let child = || async {
        let mut body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": parent.token}}}});
        body["auth"]["scope"] = json!({"project": {"name": "demo", "domain": {"id": "default"}}});
        world.client(&world.issue(&body).await.expect(201))
    };
    let (one, two, other) = (child().await, child().await, world.demo().await);
    assert!(counts(&world, &one).await);
    one.about("DELETE", "/v3/auth/tokens", one.token.as_ref().unwrap()).await.expect(204);
    assert!(!counts(&world, &one).await);
    assert!(counts(&world, &two).await && counts(&world, &parent).await, "a sibling and a parent stay");

    let (admin, id) = (world.admin().await, parent.token.clone().unwrap());
    admin.about("DELETE", "/v3/auth/tokens", &id).await.expect(204);
    assert!(!counts(&world, &parent).await && !counts(&world, &two).await);
    assert!(counts(&world, &other).await);
    admin.about("GET", "/v3/auth/tokens", &id).await.refusal(404);
    parent.get("/v3/auth/projects").await.refusal(401);
    let reuse = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": id}}}});
    world.issue(&reuse).await.refusal(401);
}

#[tokio::test]
async fn children_survive_when_only_the_parent_is_to_end() {
    let world = World::new().await;
    let parent = world.client(&world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201));
    let body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": parent.token}}}});
    let child = world.client(&world.issue(&body).await.expect(201));
    let id = parent.token.clone().unwrap();
    parent.about("DELETE", "/v3/auth/tokens?cascade=false", &id).await.expect(204);
    assert!(!counts(&world, &parent).await && counts(&world, &child).await);
}

#[tokio::test]
async fn tokens_end_with_what_they_stand_for() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (number, what) in [
        "disable user",
        "password",
        "delete user",
        "disable project",
        "delete project",
        "withdraw role",
        "delete role",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("person{number}");
        let role = format!("role{number}");
        admin.make("role", json!({"name": role})).await;
        let (user, project) = admin.make_person(&name, &role).await;
        let person = world.login(&name, &name, &name).await;
        assert!(counts(&world, &person).await);
        let (user, project) = (format!("/v3/users/{user}"), format!("/v3/projects/{project}"));
        let role = admin.id_of("role", &role).await;
        match what {
            "disable user" => admin.patch(&user, json!({"user": {"enabled": false}})).await.expect(200),
            "password" => admin.patch(&user, json!({"user": {"password": "other"}})).await.expect(200),
            "delete user" => admin.delete(&user).await.expect(204),
            "disable project" => {
                admin.patch(&project, json!({"project": {"enabled": false}})).await.expect(200)
            }
            "delete project" => admin.delete(&project).await.expect(204),
            "withdraw role" => {
                let grant = format!("{project}/users/{}/roles/{role}", person.user_id);
                admin.delete(&grant).await.expect(204)
            }
            _ => admin.delete(&format!("/v3/roles/{role}")).await.expect(204),
        };
        assert!(!counts(&world, &person).await, "{what}");
        // What is enabled again does not bring old tokens back.
        match what {
            "disable user" => admin.patch(&user, json!({"user": {"enabled": true}})).await.expect(200),
            "disable project" => {
                admin.patch(&project, json!({"project": {"enabled": true}})).await.expect(200)
            }
            _ => continue,
        };
        assert!(!counts(&world, &person).await, "{what}, undone");
        assert!(counts(&world, &world.login(&name, &name, &name).await).await);
    }
}

#[tokio::test]
async fn a_token_shows_the_roles_of_now() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "reader").await;
    let ann = world.login("ann", "ann", "ann").await;
    let roles = || async { world.tokens.validate(ann.token.as_ref().unwrap()).await.unwrap().roles.clone() };
    assert_eq!(roles().await, ["reader"]);
    admin.grant(&format!("projects/{project}"), &format!("users/{user}"), "manager").await;
    let mut now = roles().await;
    now.sort_unstable();
    assert_eq!(now, ["manager", "member", "reader"]);
}

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
async fn a_service_may_ask_about_tokens_and_a_member_may_not() {
    let world = World::new().await;
    let admin = world.admin().await;
    admin.make_person("nova", "service").await;
    let (nova, demo) = (world.login("nova", "nova", "nova").await, world.demo().await);
    let subject = world.login("admin", ADMIN_PASSWORD, "admin").await.token.unwrap();
    nova.about("GET", "/v3/auth/tokens", &subject).await.expect(200);
    demo.about("GET", "/v3/auth/tokens", &subject).await.refusal(403);
    nova.about("DELETE", "/v3/auth/tokens", &subject).await.refusal(403);
}

#[tokio::test]
async fn the_holder_of_a_token_sees_where_it_could_go() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    let second = admin.make_project("second").await;
    admin.grant(&format!("projects/{second}"), &format!("users/{}", demo.user_id), "reader").await;
    let unscoped = world.client(&world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201));
    for client in [&demo, &unscoped] {
        let mine = client.get("/v3/auth/projects").await.expect(200).body;
        let mut names: Vec<_> = crate::world::each(&mine["projects"], "name");
        names.sort_unstable();
        assert_eq!(names, ["demo", "second"]);
        assert_eq!(client.get("/v3/auth/domains").await.expect(200).body["domains"], json!([]));
        assert_eq!(client.get("/v3/auth/system").await.expect(200).body["system"], json!([]));
    }
    admin.patch(&format!("/v3/projects/{second}"), json!({"project": {"enabled": false}})).await.expect(200);
    let mine = demo.get("/v3/auth/projects").await.expect(200).body;
    assert_eq!(crate::world::each(&mine["projects"], "name"), ["demo"]);

    admin.grant("domains/default", &format!("users/{}", demo.user_id), "reader").await;
    let domains = demo.get("/v3/auth/domains").await.expect(200).body;
    assert_eq!(crate::world::each(&domains["domains"], "id"), ["default"]);
    assert_eq!(admin.get("/v3/auth/system").await.expect(200).body["system"], json!([{"all": true}]));

    assert!(demo.get("/v3/auth/catalog").await.expect(200).body["catalog"].is_array());
    unscoped.get("/v3/auth/catalog").await.refusal(403);
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
