//! How to ask for each route.

use model::volume_type::DEFAULT_TYPE_NAME;
use serde_json::{Value, json};

use crate::Role;
use crate::rows::Row;
use crate::support::busy::Busy;
use crate::support::{OTHER_PROJECT, PROJECT};
use crate::things::{self, Kind, name};

/// A request.
pub(crate) struct Request {
    /// Below the project, with everything filled in.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) version: &'static str,
}

/// A good request for a route; none where nobody knows one.
pub(crate) async fn request(busy: &Busy, row: &Row, role: Role) -> Option<Request> {
    let key = row.key();
    let version = version(&key);
    let (path, body) = match row.path.split('/').nth(1).unwrap() {
        "volumes" => volumes(busy, row).await?,
        "snapshots" => snapshots(busy, row).await?,
        "types" => types(busy, row).await?,
        "default-types" | "os-quota-sets" | "os-quota-class-sets" => projects(busy, row).await?,
        "qos-specs" => qos_specs(busy, row).await?,
        "os-services" | "os-hosts" | "capabilities" | "clusters" | "workers" => services(busy, row).await?,
        "volume-transfers" | "os-volume-transfer" => transfers(busy, row, role).await?,
        "manageable_volumes" | "os-volume-manage" | "manageable_snapshots" | "os-snapshot-manage" => {
            manageable(busy, row).await
        }
        "group_types" => group_types(busy, row).await?,
        "groups" | "group_snapshots" => groups(busy, row).await?,
        "consistencygroups" | "cgsnapshots" => consistency(busy, row).await?,
        "backups" => backups(busy, row).await?,
        "attachments" => attachments(busy, row).await?,
        "messages" => (with(row, "{message_id}", things::message(busy).await), None),
        "extensions" => (with(row, "{alias}", "os-services"), None),
        "limits" | "os-availability-zone" | "resource_filters" | "scheduler-stats" => {
            (row.path.clone(), None)
        }
        _ => return None,
    };
    Some(Request { path, body, version })
}

/// The newest revision, but where an elder one is another route.
fn version(key: &str) -> &'static str {
    if key.starts_with("POST /snapshots ") { "3.65" } else { "3.71" }
}

type Parts = (String, Option<Value>);

fn with(row: &Row, part: &str, value: impl ToString) -> String {
    row.path.replace(part, &value.to_string())
}

async fn volumes(busy: &Busy, row: &Row) -> Option<Parts> {
    if !row.path.contains("{volume_id}") {
        let body = (row.method == "POST").then(|| json!({"volume": {"size": 1}}));
        return Some((row.path.clone(), body));
    }
    let volume = match row.action.as_str() {
        "os-unreserve" => things::volume_that_is(busy, "attaching", "detached").await,
        "os-begin_detaching" => things::volume_that_is(busy, "in-use", "attached").await,
        "os-roll_detaching" => things::volume_that_is(busy, "detaching", "attached").await,
        _ => things::volume(busy).await,
    };
    let path = with(row, "{volume_id}", volume);
    let path = if path.contains("/encryption/") {
        path.replace("{key}", "encryption_key_id")
    } else {
        path.replace("{key}", "k")
    };
    let connector =
        json!({"connector": {"host": "h", "ip": "10.0.0.1", "initiator": "iqn.x:y", "multipath": false}});
    let server = "aaaaaaaa-0000-4000-8000-000000000001";
    let arguments = match row.action.as_str() {
        "" => return Some((path, metadata_body(row, "volume"))),
        "os-attach" => json!({"instance_uuid": server, "mountpoint": "/dev/vdb", "mode": "rw"}),
        "os-initialize_connection" | "os-terminate_connection" => connector,
        "os-volume_upload_image" => {
            json!({"image_name": "i", "disk_format": "raw", "container_format": "bare"})
        }
        "os-extend" => json!({"new_size": 2}),
        "os-extend_volume_completion" => json!({"error": false}),
        "os-update_readonly_flag" => json!({"readonly": true}),
        "os-retype" => {
            json!({"new_type": things::volume_type(busy, true).await, "migration_policy": "never"})
        }
        "os-set_bootable" => json!({"bootable": true}),
        "os-set_image_metadata" => json!({"metadata": {"a": "b"}}),
        "os-unset_image_metadata" => json!({"key": "k"}),
        "os-reimage" => json!({"image_id": things::image(busy).await.to_string()}),
        "revert" => json!({"snapshot_id": things::snapshot_of(busy, volume).await.to_string()}),
        "os-reset_status" => json!({"status": "error"}),
        "os-migrate_volume" => json!({"host": "other@sim#pool"}),
        "os-migrate_volume_completion" => json!({"new_volume": things::volume(busy).await.to_string()}),
        "os-force_detach" => json!({"attachment_id": null, "connector": null}),
        "os-reserve"
        | "os-unreserve"
        | "os-begin_detaching"
        | "os-roll_detaching"
        | "os-detach"
        | "os-force_delete"
        | "os-unmanage"
        | "os-show_image_metadata" => json!({}),
        _ => return None,
    };
    Some((path, Some(json!({ row.action.as_str(): arguments }))))
}

/// The body of a request for a thing itself, called `noun`, or for its metadata.
fn metadata_body(row: &Row, noun: &str) -> Option<Value> {
    match (row.method.as_str(), row.path.ends_with("/metadata"), row.path.ends_with("/metadata/{key}")) {
        ("POST" | "PUT", true, _) => Some(json!({"metadata": {"a": "b"}})),
        ("PUT", _, true) => Some(json!({"meta": {"k": "w"}})),
        ("PUT", ..) => Some(json!({ noun: {"name": "n"} })),
        _ => None,
    }
}

async fn snapshots(busy: &Busy, row: &Row) -> Option<Parts> {
    if !row.path.contains("{snapshot_id}") {
        let body = match row.method.as_str() {
            "POST" => Some(json!({"snapshot": {"volume_id": things::volume(busy).await.to_string()}})),
            _ => None,
        };
        return Some((row.path.clone(), body));
    }
    let status = if row.action == "os-update_snapshot_status" { "creating" } else { "available" };
    let path = with(row, "{snapshot_id}", things::snapshot_that_is(busy, status).await).replace("{key}", "k");
    let body = match row.action.as_str() {
        "" => metadata_body(row, "snapshot"),
        "os-reset_status" => Some(json!({"os-reset_status": {"status": "error"}})),
        "os-update_snapshot_status" => Some(json!({"os-update_snapshot_status": {"status": "available"}})),
        action => Some(json!({ action: {} })),
    };
    Some((path, body))
}

async fn types(busy: &Busy, row: &Row) -> Option<Parts> {
    let is_private = row.path.contains("access") || row.action.contains("Access");
    let (id, encryption) = if row.path.contains("/encryption") && row.method != "POST" {
        things::encrypted_type(busy).await
    } else {
        (things::volume_type(busy, !is_private).await, String::new())
    };
    if row.action == "removeProjectAccess" {
        let body = json!({"addProjectAccess": {"project": "p"}});
        busy.world.admin().post(&format!("/types/{id}/action"), body).await.expect(202);
    }
    let path = with(row, "{type_id}", &id).replace("{encryption_id}", &encryption);
    // Who is no administrator sees but few extra specs.
    let key = match (row.method.as_str(), path.contains("/encryption/")) {
        (_, true) => "provider",
        ("GET", _) => "multiattach",
        _ => "k",
    };
    let path = path.replace("{key}", key);
    let body = match (row.method.as_str(), row.path.trim_start_matches("/types")) {
        ("POST", "") => Some(json!({"volume_type": {"name": name()}})),
        ("PUT", "/{type_id}") => Some(json!({"volume_type": {"name": name()}})),
        ("POST", "/{type_id}/action") => Some(json!({ row.action.as_str(): {"project": "p"} })),
        ("POST", "/{type_id}/extra_specs") => Some(json!({"extra_specs": {"a": "b"}})),
        ("PUT", "/{type_id}/extra_specs/{key}") => Some(json!({"k": "w"})),
        ("POST", "/{type_id}/encryption") => {
            Some(json!({"encryption": {"provider": "luks", "control_location": "front-end"}}))
        }
        ("PUT", "/{type_id}/encryption/{encryption_id}") => Some(json!({"encryption": {"key_size": 256}})),
        ("GET" | "DELETE", _) => None,
        _ => return None,
    };
    Some((path, body))
}

async fn projects(busy: &Busy, row: &Row) -> Option<Parts> {
    let path = with(row, "{target_project_id}", PROJECT).replace("{class}", "gold");
    let default_type = json!({"default_type": {"volume_type": DEFAULT_TYPE_NAME}});
    let body = match (row.method.as_str(), row.path.split('/').nth(1).unwrap()) {
        ("PUT", "default-types") => Some(default_type),
        ("PUT", "os-quota-sets") => Some(json!({"quota_set": {"volumes": -1}})),
        ("PUT", "os-quota-class-sets") => Some(json!({"quota_class_set": {"volumes": 7}})),
        (_, "default-types") => {
            let path = format!("/default-types/{PROJECT}");
            busy.world.admin().at("3.71").put(&path, default_type).await.expect(200);
            None
        }
        _ => None,
    };
    Some((path, body))
}

async fn qos_specs(busy: &Busy, row: &Row) -> Option<Parts> {
    let id = things::qos_specs(busy).await;
    let mut path = with(row, "{qos_id}", &id);
    if path.ends_with("associate") {
        let volume_type = things::volume_type(busy, true).await;
        path.push_str(&format!("?vol_type_id={volume_type}"));
        if path.contains("disassociate") {
            let bind = format!("/qos-specs/{id}/associate?vol_type_id={volume_type}");
            busy.world.admin().get(&bind).await.expect(202);
        }
    }
    let body = match (row.method.as_str(), row.path.ends_with("delete_keys")) {
        ("POST", _) => Some(json!({"qos_specs": {"name": name()}})),
        ("PUT", true) => Some(json!({"keys": ["a"]})),
        ("PUT", false) => Some(json!({"qos_specs": {"a": "c"}})),
        _ => None,
    };
    Some((path, body))
}

async fn services(busy: &Busy, row: &Row) -> Option<Parts> {
    things::set_other_host(busy, row.path.ends_with("/thaw")).await;
    let other = json!({"host": "other@sim", "binary": "cinder-volume"});
    let body = match (row.method.as_str(), row.path.as_str()) {
        ("GET", _) => None,
        (_, "/os-services/enable" | "/os-services/disable") => Some(other),
        (_, "/os-services/disable-log-reason") => {
            Some(json!({"host": "other@sim", "binary": "cinder-volume", "disabled_reason": "r"}))
        }
        (_, "/os-services/set-log") => Some(json!({"level": "INFO"})),
        (_, "/os-services/get-log" | "/workers/cleanup") => Some(json!({})),
        (_, "/os-hosts/{host}") => Some(json!({"status": "enable"})),
        (_, "/clusters/enable" | "/clusters/disable") => Some(json!({"name": "c@sim"})),
        (_, path) if path.starts_with("/os-services/") => Some(json!({"host": "other@sim"})),
        _ => return None,
    };
    let host = if row.path.starts_with("/os-hosts") { "other@sim" } else { "node@sim" };
    Some((with(row, "{host}", host).replace("{name}", "c@sim"), body))
}

async fn transfers(busy: &Busy, row: &Row, role: Role) -> Option<Parts> {
    if !row.path.contains("{transfer_id}") {
        let body = match row.method.as_str() {
            "POST" => Some(json!({"transfer": {"volume_id": things::volume(busy).await.to_string()}})),
            _ => None,
        };
        return Some((row.path.clone(), body));
    }
    let (id, key) = things::transfer(busy).await;
    let accept = row.path.ends_with("/accept").then(|| json!({"accept": {"auth_key": key}}));
    if role == Role::Stranger && accept.is_some() {
        let limits = json!({"quota_set": {"volumes": -1, "gigabytes": -1}});
        let path = format!("/os-quota-sets/{OTHER_PROJECT}");
        busy.world.admin().put(&path, limits).await.expect(200);
    }
    Some((with(row, "{transfer_id}", id), accept))
}

async fn manageable(busy: &Busy, row: &Row) -> Parts {
    let is_volume = row.path.contains("volume");
    match (row.method.as_str(), is_volume) {
        ("POST", true) => {
            let body = json!({"volume": {"host": "node@sim", "ref": {"source-name": "x"}}});
            (row.path.clone(), Some(body))
        }
        ("POST", false) => {
            let volume = things::volume(busy).await.to_string();
            let body = json!({"snapshot": {"volume_id": volume, "ref": {"source-name": "x"}}});
            (row.path.clone(), Some(body))
        }
        _ => (format!("{}?host=node@sim&limit=1", row.path), None),
    }
}

async fn group_types(busy: &Busy, row: &Row) -> Option<Parts> {
    let path = with(row, "{group_type_id}", things::group_type(busy).await).replace("{key}", "k");
    let body = match (row.method.as_str(), row.path.trim_start_matches("/group_types")) {
        ("POST", "") | ("PUT", "/{group_type_id}") => Some(json!({"group_type": {"name": name()}})),
        ("POST", _) => Some(json!({"group_specs": {"a": "b"}})),
        ("PUT", _) => Some(json!({"k": "w"})),
        _ => None,
    };
    Some((path, body))
}

async fn groups(busy: &Busy, row: &Row) -> Option<Parts> {
    let mut path = row.path.clone();
    if path.contains("{group_id}") {
        path = path.replace("{group_id}", &things::group(busy, Kind::Group).await);
    }
    if path.contains("{group_snapshot_id}") {
        path = path.replace("{group_snapshot_id}", &things::group_snapshot(busy, Kind::Group).await);
    }
    let group = json!({"group_type": "plain", "volume_types": [DEFAULT_TYPE_NAME]});
    let body = match (row.method.as_str(), row.path.as_str(), row.action.as_str()) {
        ("POST", "/groups", _) => json!({ "group": group }),
        ("POST", "/group_snapshots", _) => {
            json!({"group_snapshot": {"group_id": things::group(busy, Kind::Group).await}})
        }
        ("PUT", ..) => json!({"group": {"name": "n"}}),
        (_, _, "create-from-src") => {
            json!({"create-from-src": {"source_group_id": things::group(busy, Kind::Group).await}})
        }
        (_, _, "delete") => json!({"delete": {"delete-volumes": true}}),
        (_, _, "reset_status") => json!({"reset_status": {"status": "error"}}),
        (_, _, "") => return Some((path, None)),
        (_, _, action) => json!({ action: {} }),
    };
    Some((path, Some(body)))
}

async fn consistency(busy: &Busy, row: &Row) -> Option<Parts> {
    let mut path = row.path.clone();
    let kind = Kind::ConsistencyGroup;
    if path.contains("{id}") {
        let id = match path.starts_with("/cgsnapshots") {
            true => things::group_snapshot(busy, kind).await,
            false => things::group(busy, kind).await,
        };
        path = path.replace("{id}", &id);
    }
    let body = match (row.method.as_str(), row.path.as_str()) {
        ("POST", "/consistencygroups") => {
            json!({"consistencygroup": {"name": "n", "volume_types": DEFAULT_TYPE_NAME}})
        }
        ("POST", "/cgsnapshots") => {
            json!({"cgsnapshot": {"consistencygroup_id": things::group(busy, kind).await}})
        }
        ("POST", "/consistencygroups/create_from_src") => {
            json!({"consistencygroup-from-src": {"source_cgid": things::group(busy, kind).await}})
        }
        ("POST", _) => json!({"consistencygroup": {"force": true}}),
        ("PUT", _) => json!({"consistencygroup": {"name": "m"}}),
        _ => return Some((path, None)),
    };
    Some((path, Some(body)))
}

async fn backups(busy: &Busy, row: &Row) -> Option<Parts> {
    let mut path = row.path.clone();
    if path.contains("{backup_id}") {
        path = path.replace("{backup_id}", &things::backup(busy).await);
    }
    let body = match (row.method.as_str(), row.path.as_str(), row.action.as_str()) {
        ("POST", "/backups", _) => json!({"backup": {"volume_id": things::volume(busy).await.to_string()}}),
        ("POST", "/backups/import_record", _) => {
            json!({"backup-record": foreign_record(busy).await})
        }
        ("POST", "/backups/{backup_id}/restore", _) => {
            json!({"restore": {"volume_id": things::volume(busy).await.to_string()}})
        }
        ("PUT", ..) => json!({"backup": {"name": "n"}}),
        (_, _, "os-reset_status") => json!({"os-reset_status": {"status": "error"}}),
        (_, _, "") => return Some((path, None)),
        (_, _, action) => json!({ action: {} }),
    };
    Some((path, Some(body)))
}

/// The record of a backup of another installation.
async fn foreign_record(busy: &Busy) -> Value {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD;
    let path = format!("/backups/{}/export_record", things::backup(busy).await);
    let mut exported = busy.world.admin().at("3.71").get(&path).await.expect(200)["backup-record"].clone();
    let record = base64.decode(exported["backup_url"].as_str().unwrap()).unwrap();
    let mut record: Value = serde_json::from_slice(&record).unwrap();
    let id = name();
    record["service_metadata"] = json!(format!("volume_{id}/20260101000000/az_nova_backup_{id}"));
    record["id"] = json!(id);
    exported["backup_url"] = json!(base64.encode(record.to_string()));
    exported
}

async fn attachments(busy: &Busy, row: &Row) -> Option<Parts> {
    let mut path = row.path.clone();
    if path.contains("{attachment_id}") {
        path = path.replace("{attachment_id}", &things::attachment(busy).await);
    }
    let body = match (row.method.as_str(), row.action.as_str()) {
        ("POST", "") => {
            let (volume, server) = (things::volume(busy).await.to_string(), name());
            json!({"attachment": {"volume_uuid": volume, "instance_uuid": server}})
        }
        ("POST", action) => json!({ action: {} }),
        ("PUT", _) => json!({"attachment": {"connector": {"host": "h", "ip": "10.0.0.1"}}}),
        _ => return Some((path, None)),
    };
    Some((path, Some(body)))
}
