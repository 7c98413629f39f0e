//! Who may do what: every administrative request as administrator's business, every informational one as everybody's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::{OTHER_PROJECT, PROJECT, World};

/// Method, path, body, and the rule that guards it.
fn administrative(type_id: &str) -> Vec<(&'static str, String, Option<Value>, &'static str)> {
    let at = |path: &str| path.replace("{id}", type_id);
    let switch = json!({"binary": "cinder-volume", "host": "node@local"});
    let reason = json!({"binary": "cinder-volume", "host": "node@local", "disabled_reason": "x"});
    let add = json!({"addProjectAccess": {"project": "p"}});
    let remove = json!({"removeProjectAccess": {"project": "p"}});
    let spec = json!({"extra_specs": {"a": "b"}});
    let host = json!({"host": "node@local"});
    let class = json!({"quota_class_set": {"volumes": 1}});
    let rename = json!({"volume_type": {"name": "x"}});
    vec![
        ("POST", at("/types"), Some(rename.clone()), "volume_extension:type_create"),
        ("PUT", at("/types/{id}"), Some(rename), "volume_extension:type_update"),
        ("DELETE", at("/types/{id}"), None, "volume_extension:type_delete"),
        ("POST", at("/types/{id}/extra_specs"), Some(spec), "volume_extension:types_extra_specs:create"),
        (
            "PUT",
            at("/types/{id}/extra_specs/a"),
            Some(json!({"a": "b"})),
            "volume_extension:types_extra_specs:update",
        ),
        ("DELETE", at("/types/{id}/extra_specs/a"), None, "volume_extension:types_extra_specs:delete"),
        (
            "GET",
            at("/types/{id}/os-volume-type-access"),
            None,
            "volume_extension:volume_type_access:get_all_for_type",
        ),
        ("POST", at("/types/{id}/action"), Some(add), "volume_extension:volume_type_access:addProjectAccess"),
        (
            "POST",
            at("/types/{id}/action"),
            Some(remove),
            "volume_extension:volume_type_access:removeProjectAccess",
        ),
        ("GET", at("/types/{id}/encryption"), None, "volume_extension:volume_type_encryption:get"),
        ("GET", at("/types/{id}/encryption/cipher"), None, "volume_extension:volume_type_encryption:get"),
        ("GET", at("/os-services"), None, "volume_extension:services:index"),
        ("PUT", at("/os-services/enable"), Some(switch.clone()), "volume_extension:services:update"),
        ("PUT", at("/os-services/disable"), Some(switch), "volume_extension:services:update"),
        ("PUT", at("/os-services/disable-log-reason"), Some(reason), "volume_extension:services:update"),
        ("PUT", at("/os-services/freeze"), Some(host.clone()), "volume_extension:services:update"),
        ("PUT", at("/os-services/thaw"), Some(host), "volume_extension:services:update"),
        ("GET", at("/os-hosts"), None, "volume_extension:hosts"),
        ("GET", at("/os-hosts/node@local"), None, "volume_extension:hosts"),
        ("PUT", at("/os-hosts/node@local"), Some(json!({"status": "disable"})), "volume_extension:hosts"),
        ("PUT", at("/os-hosts/node@local"), Some(json!({})), "volume_extension:hosts"),
        ("GET", at("/scheduler-stats/get_pools"), None, "scheduler_extension:scheduler_stats:get_pools"),
        ("GET", at("/capabilities/node@local"), None, "volume_extension:capabilities"),
        (
            "PUT",
            format!("/os-quota-sets/{PROJECT}"),
            Some(json!({"quota_set": {"volumes": 1}})),
            "volume_extension:quotas:update",
        ),
        ("DELETE", format!("/os-quota-sets/{PROJECT}"), None, "volume_extension:quotas:delete"),
        ("GET", format!("/os-quota-sets/{OTHER_PROJECT}"), None, "volume_extension:quotas:show"),
        ("GET", format!("/os-quota-sets/{OTHER_PROJECT}/defaults"), None, "volume_extension:quotas:show"),
        ("GET", at("/os-quota-class-sets/default"), None, "volume_extension:quota_classes:get"),
        ("PUT", at("/os-quota-class-sets/default"), Some(class), "volume_extension:quota_classes:update"),
    ]
}

#[tokio::test]
async fn administrative_requests_are_for_administrators() {
    let world = World::new().await;
    let id = world.add_type("fast", &[("a", "b")]).await.to_string();
    let before = world.admin().get(&format!("/types/{id}")).await.expect(200);
    for (method, path, body, rule) in administrative(&id) {
        for client in [world.reader(), world.member(), world.manager()] {
            let answer = client.at("3.71").ask(method, &path, body.as_ref().map(Value::to_string)).await;
            let forbidden = format!("Policy doesn't allow {rule} to be performed.");
            assert_eq!(answer.fault(403), forbidden, "{method} {path}");
        }
        let answer = world.nobody().ask(method, &path, body.as_ref().map(Value::to_string)).await;
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    let after = world.admin().get(&format!("/types/{id}")).await.expect(200);
    assert_eq!(before, after, "nothing that was refused has happened");
}

#[tokio::test]
async fn informational_requests_are_for_everybody_with_a_token() {
    let world = World::new().await;
    for path in [
        "/types",
        "/types/default",
        "/os-availability-zone",
        "/limits",
        "/messages",
        "/extensions",
        "/resource_filters",
        &format!("/os-quota-sets/{PROJECT}"),
    ] {
        for client in [world.reader(), world.member(), world.manager(), world.admin()] {
            client.at("3.71").get(path).await.expect(200);
        }
        assert_eq!(world.nobody().get(path).await.status, 401, "{path}");
    }
}
