//! Users and projects made for one test, through the identity service.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::server::{ADMIN_CLOUD, Server};
use crate::session::Session;

/// Makes a project; its id.
#[track_caller]
pub fn make_project(admin: &Session, name: &str) -> String {
    let body = json!({"project": {"name": name, "domain_id": domain_id(admin)}});
    id_of(&admin.post(&admin.identity("/projects"), &body).expect(201).json(), "project")
}

/// Makes a user; the id.
#[track_caller]
pub fn make_user(admin: &Session, name: &str, password: &str) -> String {
    let body = json!({"user": {"name": name, "password": password, "domain_id": domain_id(admin)}});
    id_of(&admin.post(&admin.identity("/users"), &body).expect(201).json(), "user")
}

/// Gives a user a role, named, on a project.
#[track_caller]
pub fn grant(admin: &Session, project_id: &str, user_id: &str, role: &str) {
    let role_id = role_id(admin, role);
    let path = format!("/projects/{project_id}/users/{user_id}/roles/{role_id}");
    admin.send("PUT", &admin.identity(&path)).expect(204);
}

/// The id of a role by its name.
#[track_caller]
pub fn role_id(admin: &Session, name: &str) -> String {
    let roles = admin.get(&admin.identity(&format!("/roles?name={name}")));
    roles["roles"][0]["id"].as_str().unwrap_or_else(|| panic!("no role {name}")).to_owned()
}

/// A new user with `role` in a new project of the same name, and how to log in as that user.
#[track_caller]
pub fn newcomer(server: &Server, name: &str, role: &str) -> Cloud {
    let admin = server.admin();
    let password = format!("the secret of {name}");
    let project = make_project(&admin, name);
    let user = make_user(&admin, name, &password);
    grant(&admin, &project, &user, role);
    server.cloud(ADMIN_CLOUD).with_user(name, &password, name)
}

/// Adds the volume type `name`, whose volumes the compute service encrypts in `format`.
#[track_caller]
pub fn make_encrypted_type(server: &Server, name: &str, format: &str) {
    let admin = server.admin();
    let made = admin.post("/types", &json!({"volume_type": {"name": name}})).expect(200).json();
    let encryption = json!({
        "provider": format, "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end",
    });
    let path = format!("/types/{}/encryption", id_of(&made, "volume_type"));
    admin.post(&path, &json!({ "encryption": encryption })).expect(200);
}

/// Lifts every quota of a project.
#[track_caller]
pub fn lift_quotas(admin: &Session, project_id: &str) {
    set_quota(
        admin,
        project_id,
        json!({"volumes": -1, "snapshots": -1, "gigabytes": -1, "per_volume_gigabytes": -1}),
    );
}

/// Sets some quotas of a project.
#[track_caller]
pub fn set_quota(admin: &Session, project_id: &str, limits: Value) {
    admin.put(&format!("/os-quota-sets/{project_id}"), &json!({ "quota_set": limits })).expect(200);
}

fn domain_id(admin: &Session) -> String {
    let domains = admin.get(&admin.identity("/domains?name=Default"));
    domains["domains"][0]["id"].as_str().expect("the domain Default").to_owned()
}

fn id_of(body: &Value, key: &str) -> String {
    body[key]["id"].as_str().unwrap_or_else(|| panic!("no {key}.id in {body}")).to_owned()
}
