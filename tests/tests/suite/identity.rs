//! The embedded identity, as clients and other services use it.

use blackbox::http::{Reply, Request};
use blackbox::server::{ADMIN_CLOUD, MEMBER_CLOUD};
use blackbox::session::{issue_token, password_auth};
use blackbox::{Server, Session, clients, people};
use serde_json::{Value, json};

/// What a token may do: list volumes or not.
fn volume_status(session: &Session) -> u16 {
    session.send("GET", "/volumes").status
}

/// An error reply as the Identity API shapes it.
#[track_caller]
fn assert_identity_error(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let fault = reply.fault().unwrap_or_else(|| panic!("no fault: {}", reply.text()));
    assert_eq!(fault.name, "error", "{}", reply.text());
}

#[test]
fn a_token_names_user_project_roles_and_catalog() {
    let server = Server::start();
    let cloud = server.cloud(MEMBER_CLOUD);
    let reply = issue_token(&cloud.auth_url, &password_auth(&cloud)).expect(201);
    let token = reply.json()["token"].clone();
    assert_eq!(token["user"]["name"], "demo");
    assert_eq!(token["user"]["domain"]["name"], "Default");
    assert_eq!(token["project"]["name"], cloud.project_name.as_str());
    assert_eq!(token["methods"], json!(["password"]));
    let names = |list: &Value, key: &str| -> Vec<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item[key].as_str().map(str::to_owned))
            .collect()
    };
    assert!(names(&token["roles"], "name").contains(&"member".to_owned()), "{}", token["roles"]);
    let types = names(&token["catalog"], "type");
    for service in ["identity", "volumev3", "block-storage"] {
        assert!(types.contains(&service.to_owned()), "{types:?}");
    }
    assert!(
        token["expires_at"].is_string() && token["issued_at"].is_string() && token["audit_ids"].is_array()
    );
    let endpoints = &token["catalog"][0]["endpoints"];
    assert_eq!(endpoints[0]["region"], "RegionOne");
}

#[test]
fn a_wrong_password_is_refused_like_an_unknown_user() {
    let server = Server::start();
    let good = server.cloud(MEMBER_CLOUD);
    let wrong =
        issue_token(&good.auth_url, &password_auth(&good.with_user("demo", "wrong", &good.project_name)));
    let nobody =
        issue_token(&good.auth_url, &password_auth(&good.with_user("nobody", "wrong", &good.project_name)));
    assert_identity_error(&wrong, 401);
    assert_eq!(wrong.body, nobody.body, "nobody learns which users there are");
    let other =
        issue_token(&good.auth_url, &password_auth(&good.with_user("demo", &good.password, "nosuch")));
    assert_identity_error(&other, 401);
}

#[test]
fn a_forged_or_missing_token_is_refused() {
    let server = Server::start();
    let demo = server.member();
    let mut forged = demo.clone();
    for token in ["nonsense", "", &demo.token[1..], &format!("{}x", demo.token)] {
        forged.token = token.to_owned();
        assert_eq!(volume_status(&forged), 401, "token {token:?}");
    }
    let unasked = Request::new("GET", &format!("{}/volumes", demo.endpoint)).send().expect("an answer");
    assert_eq!(unasked.status, 401);
    assert!(unasked.header("WWW-Authenticate").is_some(), "the client is told where to log in");
}

#[test]
fn a_token_is_validated_checked_and_revoked() {
    let server = Server::start();
    let (demo, admin) = (server.member(), server.admin());
    let path = admin.identity("/auth/tokens");
    let about = |method: &str| {
        admin.request(method, &path).header("X-Subject-Token", &demo.token).send().expect("an answer")
    };
    assert_eq!(about("GET").expect(200).json()["token"]["user"]["id"], demo.user_id.as_str());
    about("HEAD").expect(200);

    about("DELETE").expect(204);
    assert_identity_error(&about("GET"), 404);
    assert_eq!(volume_status(&demo), 401, "the volume service knows at once");
    assert_eq!(volume_status(&server.member()), 200, "a new token is another one");
}

#[test]
fn a_token_is_scoped_to_another_project_of_the_user() {
    let server = Server::start();
    let (demo, admin) = (server.member(), server.admin());
    let second = people::make_project(&admin, "second");
    let scope = |project: &str| {
        json!({"auth": {
            "identity": {"methods": ["token"], "token": {"id": demo.token}},
            "scope": {"project": {"id": project}},
        }})
    };
    assert_identity_error(&issue_token(&demo.auth_url, &scope(&second)), 401);
    people::grant(&admin, &second, &demo.user_id, "member");
    let rescoped =
        Session::from_token_reply(&demo.auth_url, &issue_token(&demo.auth_url, &scope(&second)).expect(201));
    assert_eq!(rescoped.project_id, second);
    assert_eq!(volume_status(&rescoped), 200);
    let mine = demo.get(&demo.identity("/auth/projects"));
    assert_eq!(mine["projects"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_unscoped_token_lists_projects_and_nothing_else() {
    let server = Server::start();
    let cloud = server.cloud(MEMBER_CLOUD);
    let mut body = password_auth(&cloud);
    body["auth"]["scope"] = json!("unscoped");
    let reply = issue_token(&cloud.auth_url, &body).expect(201);
    assert!(reply.json()["token"]["project"].is_null());
    let mut unscoped = server.member();
    reply.header("X-Subject-Token").expect("a token").clone_into(&mut unscoped.token);
    assert_eq!(unscoped.send("GET", &unscoped.identity("/auth/projects")).status, 200);
    assert!(matches!(volume_status(&unscoped), 400 | 401 | 403));
}

#[test]
fn people_come_and_go() {
    let server = Server::start();
    let admin = server.admin();
    let cloud = people::newcomer(&server, "carol", "member");
    let carol = Session::login(&cloud);
    carol.make_volume(json!({"size": 1}));

    let user = format!("/users/{}", carol.user_id);
    assert_eq!(carol.get(&carol.identity(&user))["user"]["name"], "carol");
    assert!(carol.get(&carol.identity(&user))["user"].get("password").is_none(), "passwords are never shown");

    let disable = json!({"user": {"enabled": false}});
    admin.send_json("PATCH", &admin.identity(&user), &disable).expect(200);
    assert_identity_error(&issue_token(&cloud.auth_url, &password_auth(&cloud)), 401);
    assert_eq!(volume_status(&carol), 401, "a disabled user's tokens end");

    admin.delete(&admin.identity(&user)).expect(204);
    assert_identity_error(&admin.send("GET", &admin.identity(&user)), 404);
}

#[test]
fn a_changed_password_ends_the_old_one_and_its_tokens() {
    let server = Server::start();
    let old = people::newcomer(&server, "dave", "member");
    let dave = Session::login(&old);
    let change = json!({"user": {"original_password": old.password, "password": "a new one"}});
    let path = dave.identity(&format!("/users/{}/password", dave.user_id));
    dave.post(&path, &change).expect(204);
    assert_identity_error(&issue_token(&old.auth_url, &password_auth(&old)), 401);
    assert_eq!(volume_status(&dave), 401);
    let new = old.with_user("dave", "a new one", "dave");
    assert_eq!(volume_status(&Session::login(&new)), 200);
}

#[test]
fn a_role_withdrawn_is_a_right_withdrawn() {
    let server = Server::start();
    let admin = server.admin();
    let erin = Session::login(&people::newcomer(&server, "erin", "member"));
    assert_eq!(volume_status(&erin), 200);
    let role = people::role_id(&admin, "member");
    let grant = format!("/projects/{}/users/{}/roles/{role}", erin.project_id, erin.user_id);
    admin.send("HEAD", &admin.identity(&grant)).expect(204);
    admin.delete(&admin.identity(&grant)).expect(204);
    assert!(matches!(volume_status(&erin), 401 | 403));
    assert_eq!(admin.send("HEAD", &admin.identity(&grant)).status, 404);
}

#[test]
fn names_are_given_once() {
    let server = Server::start();
    let admin = server.admin();
    people::make_project(&admin, "twice");
    let again = admin.post(&admin.identity("/projects"), &json!({"project": {"name": "twice"}}));
    assert_identity_error(&again, 409);
    let roles = admin.get(&admin.identity("/roles"));
    let names: Vec<&str> =
        roles["roles"].as_array().into_iter().flatten().filter_map(|r| r["name"].as_str()).collect();
    for role in ["admin", "manager", "member", "reader", "service"] {
        assert!(names.contains(&role), "{names:?}");
    }
}

#[test]
fn a_member_administers_nobody() {
    let server = Server::start();
    let demo = server.member();
    for path in ["/users", "/projects", "/roles", "/role_assignments"] {
        assert_identity_error(&demo.send("GET", &demo.identity(path)), 403);
    }
    let body = json!({"user": {"name": "mallory", "password": "x"}});
    assert_identity_error(&demo.post(&demo.identity("/users"), &body), 403);
    let admin_id = server.admin().user_id;
    let steal = json!({"user": {"password": "stolen"}});
    let path = demo.identity(&format!("/users/{admin_id}"));
    assert_identity_error(&demo.send_json("PATCH", &path, &steal), 403);
}

#[test]
fn discovery_needs_no_token() {
    let server = Server::start();
    let root = server.identity_root();
    let versions = Request::new("GET", &format!("{root}/")).send().expect("an answer").expect(300).json();
    assert_eq!(versions["versions"]["values"][0]["status"], "stable");
    let v3 = Request::new("GET", &format!("{root}/v3")).send().expect("an answer").expect(200).json();
    let link = v3["version"]["links"][0]["href"].as_str().expect("a link");
    assert!(link.starts_with(&root), "clients can follow {link}");
}

#[test]
fn the_openstack_client_administers_people() {
    let Some((server, demo, admin)) = clients::world() else { return };
    let issued = demo.openstack(&["token", "issue"]);
    assert_eq!(issued["project_id"], server.member().project_id.as_str());
    let catalog = admin.openstack(&["catalog", "list"]);
    assert_eq!(clients::rows_where(&catalog, "Type", "block-storage").len(), 1, "{catalog}");

    let project = admin.openstack(&["project", "create", "--description", "for tests", "lab"]);
    let user = admin.openstack(&["user", "create", "--password", "secret", "--project", "lab", "frank"]);
    assert_eq!(user["name"], "frank");
    admin.openstack_does(&["role", "add", "--project", "lab", "--user", "frank", "member"]);
    let roles =
        admin.openstack(&["role", "assignment", "list", "--names", "--user", "frank", "--project", "lab"]);
    assert_eq!(roles[0]["Role"], "member", "{roles}");
    let frank = Session::login(&server.cloud(ADMIN_CLOUD).with_user("frank", "secret", "lab"));
    assert_eq!(project["id"], frank.project_id.as_str());

    admin.openstack_does(&["role", "remove", "--project", "lab", "--user", "frank", "member"]);
    admin.openstack_does(&["user", "delete", "frank"]);
    admin.openstack_does(&["project", "delete", "lab"]);
    let complaint = admin.openstack_fails(&["user", "show", "frank"]);
    assert!(complaint.contains("frank"), "{complaint}");
}

#[test]
fn an_application_credential_logs_in_without_a_password() {
    let Some((server, demo, _)) = clients::world() else { return };
    let made = demo.openstack(&["application", "credential", "create", "--role", "member", "ci"]);
    let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("no {key} in {made}")).to_owned();
    let (id, secret) = (text("ID"), text("Secret"));
    let auth_url = server.cloud(MEMBER_CLOUD).auth_url;
    let login = |secret: &str| {
        let body = json!({"auth": {"identity": {
            "methods": ["application_credential"], "application_credential": {"id": id, "secret": secret},
        }}});
        issue_token(&auth_url, &body)
    };
    assert_identity_error(&login("guessed"), 401);
    let robot = Session::from_token_reply(&auth_url, &login(&secret).expect(201));
    assert_eq!(robot.project_id, server.member().project_id);
    robot.make_volume(json!({"size": 1}));

    let listed = demo.openstack(&["application", "credential", "list"]);
    assert!(!listed.to_string().contains(&secret), "the secret is shown once only");
    demo.openstack_does(&["application", "credential", "delete", "ci"]);
    assert!(matches!(login(&secret).status, 401 | 404), "there is no such credential any more");
    assert_eq!(volume_status(&robot), 401);
}
