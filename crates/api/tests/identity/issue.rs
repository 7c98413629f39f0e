//! `POST /v3/auth/tokens`.

use serde_json::{Value, json};

use crate::world::{ADMIN_PASSWORD, DEMO_PASSWORD, World, by_password, each};

fn roles(token: &Value) -> Vec<&str> {
    let mut names = each(&token["token"]["roles"], "name");
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_user_is_known_by_id_or_by_name_and_domain() {
    let world = World::new().await;
    let demo = world.demo().await;
    for user in [
        json!({"id": demo.user_id, "password": DEMO_PASSWORD}),
        json!({"name": "demo", "domain": {"id": "default"}, "password": DEMO_PASSWORD}),
        json!({"name": "demo", "domain": {"name": "Default"}, "password": DEMO_PASSWORD}),
    ] {
        let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
        let issued = world.issue(&body).await.expect(201);
        assert_eq!(issued.body["token"]["user"]["id"], demo.user_id.as_str());
    }
}

#[tokio::test]
async fn a_token_is_valid_where_it_was_asked_for() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ask = |scope| by_password("admin", ADMIN_PASSWORD, Some(scope));
    let all = ["admin", "manager", "member", "reader"];

    for project in [
        json!({"id": admin.project_id}),
        json!({"name": "admin", "domain": {"id": "default"}}),
        json!({"name": "admin", "domain": {"name": "Default"}}),
    ] {
        let issued = world.issue(&ask(json!({"project": project}))).await.expect(201).body;
        assert_eq!(issued["token"]["project"]["id"], admin.project_id.as_str());
        assert_eq!(issued["token"]["is_domain"], false);
        assert_eq!(roles(&issued), all);
    }
    let system = world.issue(&ask(json!({"system": {"all": true}}))).await.expect(201).body;
    assert_eq!(system["token"]["system"], json!({"all": true}));
    assert_eq!(roles(&system), all);

    world.issue(&ask(json!({"domain": {"id": "default"}}))).await.refusal(401);
    admin.grant("domains/default", &format!("users/{}", admin.user_id), "manager").await;
    for domain in [json!({"id": "default"}), json!({"name": "Default"})] {
        let issued = world.issue(&ask(json!({"domain": domain}))).await.expect(201).body;
        assert_eq!(issued["token"]["domain"], json!({"id": "default", "name": "Default"}));
        assert_eq!(roles(&issued), ["manager", "member", "reader"]);
    }
    for scope in [json!("unscoped"), json!({"unscoped": {}})] {
        let token = world.issue(&ask(scope)).await.expect(201).body["token"].clone();
        for absent in ["project", "domain", "system", "roles", "catalog", "is_domain"] {
            assert!(token.get(absent).is_none(), "{absent}: {token}");
        }
    }
}

#[tokio::test]
async fn who_asks_for_no_scope_gets_its_default_project_or_none() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "member").await;
    let ask =
        || async { world.issue(&by_password("ann", "ann", None)).await.expect(201).body["token"].clone() };
    assert!(ask().await.get("project").is_none());

    let path = format!("/v3/users/{user}");
    admin.patch(&path, json!({"user": {"default_project_id": project}})).await.expect(200);
    assert_eq!(ask().await["project"]["id"], project.as_str());
    let explicit = world.issue(&by_password("ann", "ann", Some(json!("unscoped")))).await.expect(201);
    assert!(explicit.body["token"].get("project").is_none());

    let elsewhere = admin.make_project("elsewhere").await;
    admin.patch(&path, json!({"user": {"default_project_id": elsewhere}})).await.expect(200);
    assert!(ask().await.get("project").is_none(), "no role there");
}

#[tokio::test]
async fn the_catalog_comes_unless_it_is_not_wanted() {
    let world = World::new().await;
    let body = by_password("admin", ADMIN_PASSWORD, Some(json!({"system": {"all": true}})));
    let with = world.issue(&body).await.expect(201).body["token"]["catalog"].clone();
    let mut types = each(&with, "type");
    types.sort_unstable();
    assert_eq!(types, ["block-storage", "identity", "volumev3"]);
    for service in with.as_array().unwrap() {
        let many = service["endpoints"].as_array().unwrap().len();
        assert_eq!(many, if service["type"] == "identity" { 3 } else { 0 }, "volumes need a project");
    }
    let without = world.nobody().post("/v3/auth/tokens?nocatalog", body).await.expect(201);
    assert!(without.body["token"].get("catalog").is_none());
}

#[tokio::test]
async fn whatever_is_wrong_with_a_proof_the_refusal_is_the_same() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "member").await;
    admin.patch(&format!("/v3/projects/{project}"), json!({"project": {"enabled": false}})).await.expect(200);
    let off = admin.make_user("off").await;
    admin.patch(&format!("/v3/users/{off}"), json!({"user": {"enabled": false}})).await.expect(200);

    let password = |user: Value| json!({"methods": ["password"], "password": {"user": user}});
    let known = password(json!({"id": user, "password": "ann"}));
    let credential =
        |said: Value| json!({"methods": ["application_credential"], "application_credential": said});
    let someone = json!({"name": "ann", "domain": {"id": "default"}});
    for auth in [
        json!({"identity": password(json!({"id": user, "password": "wrong"}))}),
        json!({"identity": password(json!({"id": user, "password": ""}))}),
        json!({"identity": password(json!({"id": user}))}),
        json!({"identity": password(json!({"id": "nobody", "password": "ann"}))}),
        json!({"identity": password(json!({"name": "nobody", "domain": {"id": "default"}, "password": "x"}))}),
        json!({"identity": password(json!({"name": "ann", "domain": {"id": "nowhere"}, "password": "ann"}))}),
        json!({"identity": password(json!({"id": off, "password": "off"}))}),
        json!({"identity": {"methods": []}}),
        json!({"identity": {"methods": ["token"], "token": {"id": "nonsense"}}}),
        json!({"identity": {"methods": ["token"], "token": {"id": ""}}}),
        json!({"identity": credential(json!({"id": "nonsense", "secret": "x"}))}),
        json!({"identity": credential(json!({"name": "none", "user": someone, "secret": "x"}))}),
        json!({"identity": known, "scope": {"project": {"id": "nowhere"}}}),
        json!({"identity": known, "scope": {"project": {"id": project}}}),
        json!({"identity": known, "scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}),
        json!({"identity": known, "scope": {"domain": {"id": "nowhere"}}}),
        json!({"identity": known, "scope": {"system": {"all": true}}}),
        json!({"identity": known, "scope": {"OS-TRUST:trust": {"id": "x"}}}),
    ] {
        let message = world.issue(&json!({"auth": auth})).await.refusal(401);
        assert_eq!(message, "The request you have made requires authentication.", "{auth}");
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_said() {
    let world = World::new().await;
    let known = json!({"methods": ["password"], "password": {"user": {"id": "x", "password": "y"}}});
    let missing = |what: &str, place: &str| format!("Expecting to find {what} in {place}.");
    let unnamed = |place: &str| format!("Invalid input for field {place}: id or name must be present.");
    let scopes = missing("system, project, domain, OS-TRUST:trust or unscoped", "scope");
    let cases = [
        (json!({}), missing("auth", "request body")),
        (json!({"auth": null}), missing("auth", "request body")),
        (json!([]), missing("auth", "request body")),
        (json!({"auth": {}}), "'identity' is a required property".to_owned()),
        (json!({"auth": []}), "[] is not of type 'object'".to_owned()),
        (json!({"auth": {"identity": {}}}), "'methods' is a required property".to_owned()),
        (json!({"auth": {"identity": {"methods": "password"}}}), "not of type 'array'".to_owned()),
        (json!({"auth": {"identity": {"methods": [5]}}}), "not of type 'string'".to_owned()),
        (json!({"auth": {"identity": {"methods": ["password"]}}}), missing("password", "identity")),
        (
            json!({"auth": {"identity": {"methods": ["password"], "password": {}}}}),
            missing("user", "password"),
        ),
        (
            json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "x"}}}}}),
            unnamed("identity/password/user"),
        ),
        (
            json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x"}}}}}),
            missing("domain", "user"),
        ),
        (
            json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "x", "password": 5}}}}}),
            "password".to_owned(),
        ),
        (
            json!({"auth": {"identity": {"methods": ["token"], "token": {}}}}),
            "'id' is a required property".to_owned(),
        ),
        (
            json!({"auth": {"identity": {"methods": ["application_credential"], "application_credential": {}}}}),
            missing("name or ID", "application credential"),
        ),
        (json!({"auth": {"identity": known, "scope": {}}}), scopes.clone()),
        (json!({"auth": {"identity": known, "scope": "x"}}), scopes.clone()),
        (json!({"auth": {"identity": known, "scope": {"x": 1}}}), scopes.clone()),
        (
            json!({"auth": {"identity": known, "scope": {"project": {"id": "x"}, "system": {"all": true}}}}),
            scopes,
        ),
        (json!({"auth": {"identity": known, "scope": 5}}), "5 is not of type 'object'".to_owned()),
        (json!({"auth": {"identity": known, "scope": null}}), "None is not of type 'object'".to_owned()),
        (json!({"auth": {"identity": known, "scope": {"project": {}}}}), unnamed("scope/project")),
        (
            json!({"auth": {"identity": known, "scope": {"project": {"id": 5}}}}),
            "is not of type 'string'".to_owned(),
        ),
        (
            json!({"auth": {"identity": known, "scope": {"project": {"name": "x"}}}}),
            missing("domain", "project"),
        ),
        (json!({"auth": {"identity": known, "scope": {"domain": {}}}}), unnamed("scope/domain")),
        (json!({"auth": {"identity": known, "scope": {"system": {}}}}), missing("all", "system")),
        (json!({"auth": {"identity": known, "scope": {"system": {"all": false}}}}), missing("all", "system")),
    ];
    for (body, expected) in cases {
        let message = world.issue(&body).await.refusal(400);
        assert!(message.contains(&expected), "{body}: {message}");
    }
    let unsupported = world.issue(&json!({"auth": {"identity": {"methods": ["totp"]}}})).await;
    assert_eq!(unsupported.refusal(401), "Attempted to authenticate with an unsupported method.");
}

#[tokio::test]
async fn a_token_makes_others_and_none_that_lasts_longer() {
    let world = World::new().await;
    let first = world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201);
    let demo = world.client(&first);
    let id = demo.token.clone().unwrap();
    let mut body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": id}}}});
    body["auth"]["scope"] = json!({"project": {"name": "demo", "domain": {"id": "default"}}});
    let second = world.issue(&body).await.expect(201).body["token"].clone();
    let first = &first.body["token"];
    assert_eq!(second["methods"], json!(["password", "token"]));
    assert_eq!(second["expires_at"], first["expires_at"]);
    assert_ne!(second["issued_at"], first["issued_at"]);
    assert_eq!(second["audit_ids"][1], first["audit_ids"][0]);
    assert_ne!(second["audit_ids"][0], first["audit_ids"][0]);
}

#[tokio::test]
async fn several_proofs_must_be_of_one_user() {
    let world = World::new().await;
    let (demo, admin) = (world.demo().await, world.admin().await);
    let both = |token: &Option<String>| {
        let user = json!({"id": demo.user_id, "password": DEMO_PASSWORD});
        json!({"auth": {"identity": {
            "methods": ["password", "token"], "password": {"user": user}, "token": {"id": token},
        }}})
    };
    let issued = world.issue(&both(&demo.token)).await.expect(201).body;
    assert_eq!(issued["token"]["methods"], json!(["password", "token"]));
    assert_eq!(issued["token"]["audit_ids"].as_array().unwrap().len(), 2);
    world.issue(&both(&admin.token)).await.refusal(401);
}
