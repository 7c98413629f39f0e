//! Every route of volumes and snapshots: who may, and what others learn.

use api::volume_v3::table::{ROUTES, Route};
use serde_json::json;

use crate::support::World;
use crate::support::arrange::placed;

pub(crate) fn ours() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.path.starts_with("/volumes") || route.path.starts_with("/snapshots"))
}

/// A path with something for every part.
pub(crate) fn filled(pattern: &str, id: &str, key: &str) -> String {
    pattern.replace("{volume_id}", id).replace("{snapshot_id}", id).replace("{key}", key)
}

/// A body that means something to a route that wants one, and does no harm to the others.
pub(crate) fn well_formed(route: &Route) -> String {
    match (route.action, route.path) {
        (Some(action), _) => well_formed_action(action),
        (None, path) if path.ends_with("{key}") => "{\"meta\": {\"key\": \"v\"}}".to_owned(),
        (None, path) if path.ends_with("/metadata") => "{\"metadata\": {\"key\": \"v\"}}".to_owned(),
        (None, path) if path.starts_with("/volumes") => "{\"volume\": {\"name\": \"n\"}}".to_owned(),
        _ => "{\"snapshot\": {\"name\": \"n\"}}".to_owned(),
    }
}

fn well_formed_action(action: &str) -> String {
    let value = match action {
        "os-extend" => "{\"new_size\": 2}",
        "os-retype" => "{\"new_type\": \"__DEFAULT__\"}",
        "os-migrate_volume" => "{\"host\": \"node@other#pool\"}",
        "os-migrate_volume_completion" => "{\"new_volume\": \"00000000-0000-4000-8000-000000000000\"}",
        "os-extend_volume_completion" => "{\"error\": false}",
        "os-reimage" => "{\"image_id\": \"00000000-0000-4000-8000-000000000000\"}",
        "os-volume_upload_image" => "{\"image_name\": \"i\"}",
        "revert" => "{\"snapshot_id\": \"00000000-0000-4000-8000-000000000000\"}",
        "os-reset_status" => "{\"status\": \"error\"}",
        "os-attach" => "{\"host_name\": \"h\", \"mountpoint\": \"/dev/vdb\"}",
        "os-initialize_connection" | "os-terminate_connection" => "{\"connector\": {\"host\": \"h\"}}",
        "os-set_bootable" => "{\"bootable\": true}",
        "os-update_readonly_flag" => "{\"readonly\": true}",
        "os-set_image_metadata" => "{\"metadata\": {\"a\": \"b\"}}",
        "os-unset_image_metadata" => "{\"key\": \"a\"}",
        "os-update_snapshot_status" => "{\"status\": \"available\"}",
        _ => "{}",
    };
    format!("{{\"{action}\": {value}}}")
}

/// Identifiers of a volume and of its snapshot.
async fn two(world: &World) -> (String, String) {
    let volume = placed(world, json!({"metadata": {"key": "v"}})).await.to_string();
    let body = json!({"snapshot": {"volume_id": volume, "metadata": {"key": "v"}}});
    let reply = world.member().post("/snapshots", body).await.expect(202);
    (volume, reply["snapshot"]["id"].as_str().unwrap().to_owned())
}

fn path(route: &Route, (volume, snapshot): &(String, String)) -> String {
    let id = if route.path.starts_with("/volumes") { volume } else { snapshot };
    filled(route.path, id, "key")
}

#[tokio::test]
async fn strangers_find_nothing() {
    let world = World::new().await;
    let made = two(&world).await;
    for route in ours().filter(|route| route.path.contains("_id}")) {
        let path = path(route, &made);
        let stranger = world.stranger().at("3.71");
        let message = stranger.ask(route.method, &path, Some(well_formed(route))).await.fault(404);
        assert!(message.ends_with("could not be found."), "{} {path}: {message}", route.method);
    }
}

#[tokio::test]
async fn an_administrator_of_no_project_manages_but_owns_nothing() {
    let world = World::new().await;
    let (volume, _) = two(&world).await;
    let system = world.system();
    system.ask_at("GET", &format!("/v3/volumes/{volume}"), None).await.expect(200);
    let all = system.ask_at("GET", "/v3/volumes?all_tenants=1", None).await.expect(200);
    assert_eq!(all["volumes"][0]["id"], volume);
    let own = system.ask_at("GET", "/v3/volumes", None).await.expect(200);
    assert_eq!(own, json!({"volumes": []}));
    for (path, body) in [
        ("/v3/volumes", json!({"volume": {"size": 1}})),
        ("/v3/snapshots", json!({"snapshot": {"volume_id": volume}})),
    ] {
        let refused = system.ask_at("POST", path, Some(body.to_string())).await;
        assert_eq!(refused.fault(400), "Malformed request url");
    }
}

#[tokio::test]
async fn readers_change_nothing() {
    let world = World::new().await;
    let made = two(&world).await;
    let reads = |route: &&Route| route.method == "GET" || route.action == Some("os-show_image_metadata");
    // Whether there is such an image is looked at before the rule; `volume_moves` asks with one that is there.
    let is_told_first = |route: &&Route| route.action == Some("os-reimage");
    for route in ours().filter(|route| !reads(route) && !is_told_first(route)) {
        let body = match (route.method, route.path) {
            ("POST", "/volumes") => json!({"volume": {"size": 1}}).to_string(),
            ("POST", "/snapshots") => json!({"snapshot": {"volume_id": made.0}}).to_string(),
            _ => well_formed(route),
        };
        let path = path(route, &made);
        let message = world.reader().at("3.71").ask(route.method, &path, Some(body)).await.fault(403);
        assert!(message.starts_with("Policy doesn't allow "), "{} {path}: {message}", route.method);
    }
}

#[tokio::test]
async fn readers_see_everything_of_their_project() {
    let world = World::new().await;
    let made = two(&world).await;
    for route in ours().filter(|route| route.method == "GET" && !route.path.ends_with("encryption/{key}")) {
        world.reader().at("3.71").get(&path(route, &made)).await.expect(200);
    }
}
