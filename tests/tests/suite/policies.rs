//! Who may do what.

use std::fs;

use blackbox::server::MEMBER_CLOUD;
use blackbox::{Reply, Serve, Server, Session, people, wait};
use rustix::process::Signal;
use serde_json::{Value, json};

#[track_caller]
fn assert_forbidden(reply: &Reply, about: &str) {
    assert_eq!(reply.status, 403, "{about}: {}", reply.text());
    let fault = reply.fault().unwrap_or_else(|| panic!("{about}: {}", reply.text()));
    assert_eq!(fault.name, "forbidden", "{about}");
}

#[test]
fn a_member_administers_nothing() {
    let server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let snapshot = demo.make_snapshot(&disk);
    let action = format!("/volumes/{disk}/action");
    let on_snapshot = format!("/snapshots/{snapshot}/action");
    let quota = format!("/os-quota-sets/{}", demo.project_id);
    let service = json!({"host": "h", "binary": "cinder-volume"});
    let deeds: Vec<(&str, &str, Value)> = vec![
        ("GET", "/os-services", Value::Null),
        ("PUT", "/os-services/disable", service.clone()),
        ("PUT", "/os-services/enable", service),
        ("GET", "/os-hosts", Value::Null),
        ("GET", "/scheduler-stats/get_pools", Value::Null),
        ("GET", "/default-types", Value::Null),
        ("POST", "/types", json!({"volume_type": {"name": "mine"}})),
        ("PUT", &quota, json!({"quota_set": {"volumes": 100}})),
        ("DELETE", &quota, Value::Null),
        ("GET", "/os-quota-class-sets/default", Value::Null),
        ("PUT", "/os-quota-class-sets/default", json!({"quota_class_set": {"volumes": 100}})),
        ("POST", &action, json!({"os-reset_status": {"status": "error"}})),
        ("POST", &action, json!({"os-force_delete": {}})),
        ("POST", &on_snapshot, json!({"os-reset_status": {"status": "error"}})),
        ("POST", &on_snapshot, json!({"os-force_delete": {}})),
    ];
    for (method, path, body) in deeds {
        let reply =
            if body.is_null() { demo.send(method, path) } else { demo.send_json(method, path, &body) };
        assert_forbidden(&reply, &format!("{method} {path}"));
    }
    assert_eq!(demo.get(&format!("/volumes/{disk}"))["volume"]["status"], "available");
}

#[test]
fn a_reader_reads_and_changes_nothing() {
    let server = Server::start();
    let admin = server.admin();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let user = people::make_user(&admin, "rita", "a secret");
    people::grant(&admin, &demo.project_id, &user, "reader");
    let cloud = server.cloud(MEMBER_CLOUD);
    let reader = Session::login(&cloud.with_user("rita", "a secret", &cloud.project_name));

    for path in
        ["/volumes", "/volumes/detail", "/snapshots", "/types", "/limits", &format!("/volumes/{disk}")]
    {
        assert_eq!(reader.send("GET", path).status, 200, "{path}");
    }
    assert_forbidden(&reader.post("/volumes", &json!({"volume": {"size": 1}})), "create");
    let one = format!("/volumes/{disk}");
    assert_forbidden(&reader.put(&one, &json!({"volume": {"name": "mine"}})), "update");
    assert_forbidden(&reader.delete(&one), "delete");
    assert_forbidden(
        &reader.post(&format!("{one}/action"), &json!({"os-extend": {"new_size": 2}})),
        "extend",
    );
    assert_forbidden(&reader.post(&format!("{one}/metadata"), &json!({"metadata": {"a": "b"}})), "metadata");
    assert_forbidden(&reader.post("/snapshots", &json!({"snapshot": {"volume_id": disk}})), "snapshot");
}

#[test]
fn a_user_without_a_role_gets_no_token() {
    let server = Server::start();
    let admin = server.admin();
    people::make_user(&admin, "lonely", "a secret");
    let cloud = server.cloud(MEMBER_CLOUD);
    let lonely = cloud.with_user("lonely", "a secret", &cloud.project_name);
    let reply = blackbox::session::issue_token(&lonely.auth_url, &blackbox::session::password_auth(&lonely));
    assert_eq!(reply.status, 401, "{}", reply.text());
}

#[test]
fn only_an_admin_sees_where_a_volume_lives() {
    let server = Server::start();
    let (demo, admin) = (server.member(), server.admin());
    let disk = demo.make_volume(json!({"size": 1}));
    let path = format!("/volumes/{disk}");
    const HOST: &str = "os-vol-host-attr:host";
    assert_eq!(demo.get(&path)["volume"].get(HOST), None);
    let seen = admin.get(&path);
    let host = seen["volume"][HOST].as_str().unwrap_or_default().to_owned();
    assert!(host.contains('@') && host.contains('#'), "{seen}");
    assert_eq!(admin.volumes().len(), 0, "all projects only on demand");
    assert_eq!(admin.list("/volumes/detail?all_tenants=1", "volumes").len(), 1);
}

#[test]
fn another_address_with_the_wrong_project_leads_nowhere() {
    let server = Server::start();
    let (demo, admin) = (server.member(), server.admin());
    let url = format!("{}/v3/{}/volumes", server.volume_root(), admin.project_id);
    let reply = demo.send("GET", &url);
    assert!(
        (400..500).contains(&reply.status) && reply.fault().is_some(),
        "{} {}",
        reply.status,
        reply.text()
    );
}

#[test]
fn an_operators_rules_replace_the_defaults() {
    let serve = Serve::new();
    let file = serve.side_dir("etc").join("policy.yaml");
    fs::write(&file, "\"volume:create\": \"role:admin\"\n\"volume_extension:services:index\": \"@\"\n")
        .expect("a policy");
    let conf = format!("[oslo_policy]\npolicy_file = {}\n", file.display());
    let server = serve.config(&conf).start();
    let demo = server.member();
    let create = || demo.post("/volumes", &json!({"volume": {"size": 1}}));
    assert_forbidden(&create(), "create, now for admins");
    assert_eq!(demo.send("GET", "/os-services").status, 200, "open to everybody");
    server.admin().make_volume(json!({"size": 1}));

    // SIGHUP reads the file again.
    fs::write(&file, "\"volume:create\": \"role:member\"\n").expect("a policy");
    server.signal(Signal::HUP);
    wait::until(std::time::Duration::from_secs(5), "the new rules hold", || {
        (create().status == 202).then_some(())
    });
    assert_forbidden(&demo.send("GET", "/os-services"), "services, closed again");
}

#[test]
fn the_rules_of_images_are_read_again() {
    let serve = Serve::new();
    let etc = serve.side_dir("etc");
    let (rules, conf) = (etc.join("image-policy.yaml"), etc.join("glance-api.conf"));
    fs::write(&rules, "\"add_image\": \"!\"\n").expect("a policy");
    fs::write(&conf, format!("[oslo_policy]\npolicy_file = {}\n", rules.display())).expect("a configuration");
    let server = serve.argument("--image-config").argument(&conf.display().to_string()).start();
    let demo = server.member();
    let [_, _, port] = server.ports();
    let url = format!("http://127.0.0.1:{port}/v2/images");
    let create = || demo.send_json("POST", &url, &json!({"name": "i"})).status;
    assert_eq!(create(), 403);

    fs::write(&rules, "\"add_image\": \"role:member\"\n").expect("a policy");
    server.signal(Signal::HUP);
    wait::until(std::time::Duration::from_secs(5), "the new rules hold", || (create() == 201).then_some(()));
}
