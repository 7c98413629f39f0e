//! Every route of backups: who may, and what others learn.

use api::volume_v3::table::ROUTES;
use model::service::Binary;
use serde_json::json;

use crate::support::World;
use crate::support::arrange::available;

/// A body that means something to its route.
fn body(path: &str, action: Option<&str>) -> String {
    match (action, path) {
        (Some("os-reset_status"), _) => "{\"os-reset_status\": {\"status\": \"error\"}}",
        (Some(_), _) => "{\"os-force_delete\": {}}",
        (None, path) if path.ends_with("/restore") => "{\"restore\": {}}",
        (None, path) if path.ends_with("/import_record") => {
            "{\"backup-record\": {\"backup_service\": \"s\", \"backup_url\": \"YWJj\"}}"
        }
        _ => "{\"backup\": {\"name\": \"n\"}}",
    }
    .to_owned()
}

#[tokio::test]
async fn readers_only_look_and_strangers_see_nothing() {
    let world = World::new().await;
    world.add_service(Binary::Backup, "node", "nova").await;
    let disk = available(&world).await;
    let reply =
        world.member().post("/backups", json!({"backup": {"volume_id": disk.to_string()}})).await.expect(202);
    let id = reply["backup"]["id"].as_str().unwrap().to_owned();
    let mut asked = 0;
    for route in ROUTES.iter().filter(|route| route.path.starts_with("/backups")) {
        let path = route.path.replace("{backup_id}", &id);
        if route.method == "POST" && route.path == "/backups" {
            continue;
        }
        let ask = async |client: crate::support::Client<'_>| {
            let body =
                (route.method != "GET" && route.method != "DELETE").then(|| body(route.path, route.action));
            client.at("3.71").ask(route.method, &path, body).await
        };
        assert_eq!(ask(world.nobody()).await.status, 401, "{} {path}", route.method);
        let reader = ask(world.reader()).await.status;
        let looks = route.method == "GET" && !path.ends_with("export_record");
        assert_eq!(reader, if looks { 200 } else { 403 }, "{} {path}", route.method);
        let stranger = ask(world.stranger()).await.status;
        let expected = match route.path {
            path if path.contains("{backup_id}") => 404,
            path if path.ends_with("import_record") => 403,
            _ => 200,
        };
        assert_eq!(stranger, expected, "{} {path}", route.method);
        if matches!(path.as_str(), it if it.ends_with("export_record") || it.ends_with("/action")) {
            assert_eq!(ask(world.member()).await.status, 403, "{} {path}", route.method);
        }
        asked += 1;
    }
    assert_eq!(asked, 10);
}

#[tokio::test]
async fn what_is_being_made_is_not_deleted() {
    let world = World::new().await;
    world.add_service(Binary::Backup, "node", "nova").await;
    let disk = available(&world).await;
    let asked = json!({"backup": {"volume_id": disk.to_string()}});
    let made = world.member().post("/backups", asked).await.expect(202);
    let path = format!("/backups/{}", made["backup"]["id"].as_str().unwrap());
    let refused = world.member().delete(&path).await.fault(400);
    assert_eq!(refused, "Invalid backup: Backup status must be available or error");
    assert_eq!(world.member().get(&path).await.expect(200)["backup"]["status"], "creating");
}
