//! `/v3/users/{user_id}/application_credentials`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Answer, Client, World, each};

/// Makes a credential of this client's user.
async fn make(client: &Client<'_>, said: Value) -> Answer {
    let path = format!("/v3/users/{}/application_credentials", client.user_id);
    client.post(&path, json!({"application_credential": said})).await
}

fn ask(id: &Value, secret: &Value) -> Value {
    let credential = json!({"id": id, "secret": secret});
    json!({"auth": {"identity": {"methods": ["application_credential"], "application_credential": credential}}})
}

#[tokio::test]
async fn a_program_logs_in_with_a_part_of_its_users_roles() {
    let world = World::new().await;
    let demo = world.demo().await;
    for (said, expected) in [
        (json!({"name": "all"}), vec!["member", "reader"]),
        (json!({"name": "reads", "roles": [{"name": "reader"}]}), vec!["reader"]),
        (
            json!({"name": "chosen", "secret": "my own", "roles": [{"name": "member"}]}),
            vec!["member", "reader"],
        ),
    ] {
        let made = make(&demo, said).await.expect(201).body["application_credential"].clone();
        let issued = world.issue(&ask(&made["id"], &made["secret"])).await.expect(201);
        let token = &issued.body["token"];
        let mut roles = each(&token["roles"], "name");
        roles.sort_unstable();
        assert_eq!(roles, expected);
        assert_eq!(token["project"]["id"], demo.project_id.as_str());
        assert_eq!(token["methods"], json!(["application_credential"]));
        let shown = json!({"id": made["id"], "name": made["name"], "restricted": true});
        assert_eq!(token["application_credential"], shown);
        world.issue(&ask(&made["id"], &json!("guessed"))).await.refusal(401);

        let user = json!({"name": "demo", "domain": {"name": "Default"}});
        let named = json!({"name": made["name"], "user": user, "secret": made["secret"]});
        let body = json!({"auth": {"identity": {
            "methods": ["application_credential"], "application_credential": named,
        }}});
        world.issue(&body).await.expect(201);
    }
}

#[tokio::test]
async fn a_program_asks_for_no_scope_and_makes_no_other_token() {
    let world = World::new().await;
    let demo = world.demo().await;
    let made = make(&demo, json!({"name": "ci"})).await.expect(201).body["application_credential"].clone();
    let mut body = ask(&made["id"], &made["secret"]);
    let program = world.client(&world.issue(&body).await.expect(201));
    for scope in [json!("unscoped"), json!({"project": {"id": demo.project_id}})] {
        body["auth"]["scope"] = scope;
        assert!(world.issue(&body).await.refusal(401).contains("cannot request a scope"));
    }
    let again = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": program.token}}}});
    world.issue(&again).await.refusal(403);
}

#[tokio::test]
async fn only_an_unrestricted_program_makes_and_removes_credentials() {
    let world = World::new().await;
    let demo = world.demo().await;
    for (name, unrestricted) in [("small", json!(null)), ("careful", json!(false)), ("free", json!(true))] {
        let said = json!({"name": name, "unrestricted": unrestricted, "roles": [{"name": "reader"}]});
        let made = make(&demo, said).await.expect(201).body["application_credential"].clone();
        let program = world.client(&world.issue(&ask(&made["id"], &made["secret"])).await.expect(201));
        let path =
            format!("/v3/users/{}/application_credentials/{}", demo.user_id, made["id"].as_str().unwrap());
        program.get(&path).await.expect(200);
        let child = make(&program, json!({"name": format!("child of {name}")})).await;
        let removal = program.delete(&path).await;
        if unrestricted == true {
            assert_eq!(each(&child.expect(201).body["application_credential"]["roles"], "name"), ["reader"]);
            removal.expect(204);
        } else {
            let message = child.refusal(403);
            assert!(
                message.contains("not allowed for managing additional application credentials"),
                "{message}"
            );
            removal.refusal(403);
        }
    }
}

#[tokio::test]
async fn a_credential_ends_with_its_time_its_user_its_role_and_itself() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "manager").await;
    let ann = world.login("ann", "ann", "ann").await;
    let log_in = |made: &Value| {
        let body = ask(&made["id"], &made["secret"]);
        let world = &world;
        async move { world.issue(&body).await }
    };
    let make = |said| async { make(&ann, said).await.expect(201).body["application_credential"].clone() };

    let now = admin.about("GET", "/v3/auth/tokens", ann.token.as_ref().unwrap()).await.body;
    let soon = soon(now["token"]["issued_at"].as_str().unwrap());
    let brief = make(json!({"name": "brief", "expires_at": soon})).await;
    let program = world.client(&log_in(&brief).await.expect(201));
    let deleted = make(json!({"name": "deleted"})).await;
    let other = world.client(&log_in(&deleted).await.expect(201));
    let path = format!("/v3/users/{user}/application_credentials/{}", deleted["id"].as_str().unwrap());
    ann.delete(&path).await.expect(204);
    other.get("/v3/auth/projects").await.refusal(401);
    log_in(&deleted).await.refusal(401);
    ann.delete(&path).await.refusal(404);
    ann.get(&path).await.refusal(404);

    let manages = make(json!({"name": "manages", "roles": [{"name": "manager"}]})).await;
    let scope = format!("projects/{project}");
    admin.grant(&scope, &format!("users/{user}"), "reader").await;
    let grant = admin.grant_path(&scope, &format!("users/{user}"), "manager").await;
    admin.delete(&grant).await.expect(204);
    let left = log_in(&manages).await.expect(201).body;
    assert_eq!(each(&left["token"]["roles"], "name"), ["reader"], "what its user still has");

    tokio::time::sleep(Duration::from_secs(3)).await;
    program.get("/v3/auth/projects").await.refusal(401);
    log_in(&brief).await.refusal(401);
    admin.patch(&format!("/v3/users/{user}"), json!({"user": {"enabled": false}})).await.expect(200);
    log_in(&manages).await.refusal(401);
}

/// Some seconds after a time in this century.
fn soon(time: &str) -> String {
    let at = model::Timestamp::parse(time).unwrap();
    at.plus_millis(2500).to_string()
}

#[tokio::test]
async fn credentials_are_listed_and_shown_to_those_who_may() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    for name in ["one", "two"] {
        make(&demo, json!({"name": name})).await.expect(201);
    }
    let path = format!("/v3/users/{}/application_credentials", demo.user_id);
    for client in [&demo, &admin] {
        let list = client.get(&path).await.expect(200).body;
        let mut names = each(&list["application_credentials"], "name");
        names.sort_unstable();
        assert_eq!(names, ["one", "two"]);
        assert!(!list.to_string().contains("secret"), "{list}");
        let found = client.get(&format!("{path}?name=two")).await.expect(200).body;
        let id = each(&found["application_credentials"], "id")[0].to_owned();
        let one = client.get(&format!("{path}/{id}")).await.expect(200).body;
        assert_eq!(one["application_credential"]["name"], "two");
        client.get(&format!("{path}/nothing")).await.refusal(404);
        // Not under the name of another user.
        let elsewhere = format!("/v3/users/{}/application_credentials/{id}", admin.user_id);
        assert!(matches!(client.get(&elsewhere).await.status, 403 | 404));
    }
    admin.get("/v3/users/nobody/application_credentials").await.refusal(404);
    admin.post(&path, json!({"application_credential": {"name": "x"}})).await.refusal(403);
    let id = demo.get(&path).await.body["application_credentials"][0]["id"].as_str().unwrap().to_owned();
    admin.delete(&format!("{path}/{id}")).await.expect(204);
}

#[tokio::test]
async fn what_cannot_be_delegated_is_refused() {
    let world = World::new().await;
    let demo = world.demo().await;
    make(&demo, json!({"name": "taken"})).await.expect(201);
    let admin_role = world.admin().await.id_of("role", "admin").await;
    let long = vec![json!({"name": "reader"}); 101];
    for (said, status) in [
        (json!({"name": "taken"}), 409),
        (json!({}), 400),
        (json!({"name": 5}), 400),
        (json!({"name": "x", "roles": [{"name": "admin"}]}), 400),
        (json!({"name": "x", "roles": [{"id": admin_role}]}), 400),
        (json!({"name": "x", "roles": [{"id": "nothing"}]}), 400),
        (json!({"name": "x", "roles": [{"name": "nothing"}]}), 404),
        (json!({"name": "x", "roles": [{}]}), 400),
        (json!({"name": "x", "roles": ["reader"]}), 400),
        (json!({"name": "x", "roles": long}), 400),
        (json!({"name": "x", "expires_at": "2000-01-01"}), 400),
        (json!({"name": "x", "expires_at": "soon"}), 400),
        (json!({"name": "x", "unrestricted": "yes"}), 400),
        (json!({"name": "x", "secret": 5}), 400),
        (json!({"name": "x", "secret": ""}), 400),
        (json!({"name": "x", "access_rules": [{"path": "/", "method": "GET", "service": "volumev3"}]}), 400),
        (json!({"name": "x", "color": "red"}), 400),
    ] {
        make(&demo, said).await.refusal(status);
    }
    for name in ["null", "empty"] {
        let nothing = if name == "null" { Value::Null } else { json!([]) };
        let said = json!({"name": name, "access_rules": nothing, "roles": nothing, "description": null,
            "expires_at": null, "secret": null, "unrestricted": null});
        make(&demo, said).await.expect(201);
    }
}
