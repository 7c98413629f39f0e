//! Rules that are asked only where a request says certain things, or that decide what an answer shows: each is seen to
//! matter. With the list of routes they are all rules there are.

use std::collections::BTreeSet;

use auth::policy::{RuleSet, VolumeRule};
use serde_json::{Value, json};

use crate::closed::{put_in_force, without};
use crate::rows::listed;
use crate::support::Answer;
use crate::support::busy::Busy;
use crate::things::{self, Kind};

/// Rules to which others refer, and those that the real service declares and asks nowhere either.
const NOT_ASKED: &str = include_str!("../../../auth/tests/data/rules_in_no_route.txt");

/// A request that is refused under a rule that is closed, with 403.
const CLOSING: &[&str] = &[
    "volume:create_from_image",
    "volume:force_delete",
    "volume:multiattach",
    "volume:multiattach_bootable_volume",
    "volume:update_volume_admin_metadata",
    "volume:extend_attached_volume",
    "volume_extension:volume_actions:upload_public",
    "volume:reimage_reserved",
];

/// What an answer does not show under a rule that is closed.
const SHOWING: &[(&str, &str)] = &[
    ("volume_extension:volume_host_attribute", "/volume/os-vol-host-attr:host"),
    ("volume_extension:volume_tenant_attribute", "/volume/os-vol-tenant-attr:tenant_id"),
    ("volume_extension:volume_mig_status_attribute", "/volume/os-vol-mig-status-attr:migstat"),
    ("volume_extension:volume_image_metadata:show", "/volume/volume_image_metadata"),
    ("volume_extension:extended_snapshot_attributes", "/snapshot/os-extended-snapshot-attributes:progress"),
    ("volume_extension:access_types_extra_specs", "/volume_type/extra_specs"),
    ("volume_extension:access_types_qos_specs_id", "/volume_type/qos_specs_id"),
    ("volume_extension:volume_type_access", "/volume_type/os-volume-type-access:is_public"),
    ("volume_extension:types_extra_specs:read_sensitive", "/volume_type/extra_specs/k"),
    ("limits_extension:used_limits", "/limits/absolute/totalVolumesUsed"),
    ("backup:backup_project_attribute", "/backup/os-backup-project-attr:project_id"),
    ("group:group_project_attribute", "/group/project_id"),
    ("group:access_group_types_specs", "/group_type/group_specs"),
    ("group:group_snapshot_project_attribute", "/group_snapshot/project_id"),
];

#[test]
fn every_rule_is_asked_somewhere() {
    let mut unasked: BTreeSet<&str> = VolumeRule::ALL.iter().map(|rule| rule.name()).collect();
    let rows = listed();
    let of_routes = rows.iter().flat_map(|row| row.rules.iter().map(String::as_str));
    let shown = SHOWING.iter().map(|(rule, _)| *rule);
    for rule in of_routes.chain(CLOSING.iter().copied()).chain(shown).chain(NOT_ASKED.lines()) {
        unasked.remove(rule);
    }
    assert!(unasked.is_empty(), "no request shows that these are asked: {unasked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_guards_in_a_request_is_refused_without_it() {
    let busy = Busy::new().await;
    things::furnish(&busy).await;
    for rule in CLOSING {
        put_in_force(&busy, without(rule));
        let refused = ask(&busy, rule).await;
        put_in_force(&busy, auth::policy::Policy::default());
        let message = refused.fault(403);
        assert!(message.contains(rule), "{rule}: {message}");
        let answer = ask(&busy, rule).await;
        assert!(answer.status < 300, "{rule}: {} {}", answer.status, answer.body);
    }
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_guards_in_an_answer_is_not_shown_without_it() {
    let busy = Busy::new().await;
    things::furnish(&busy).await;
    for (rule, member) in SHOWING {
        let path = path_of(&busy, member.split('/').nth(1).unwrap()).await;
        let shown = || async { busy.world.admin().at("3.71").get(&path).await.expect(200) };
        assert!(shown().await.pointer(member).is_some(), "{member} is not shown: {}", shown().await);
        put_in_force(&busy, without(rule));
        let hidden = shown().await;
        put_in_force(&busy, auth::policy::Policy::default());
        assert!(hidden.pointer(member).is_none(), "{member} is shown without {rule}: {hidden}");
    }
    busy.stop().await;
}

/// Where an answer about a fresh thing of this kind comes from.
async fn path_of(busy: &Busy, kind: &str) -> String {
    match kind {
        "volume" => format!("/volumes/{}", things::volume(busy).await),
        "snapshot" => format!("/snapshots/{}", things::snapshot_that_is(busy, "available").await),
        "volume_type" => format!("/types/{}", things::volume_type(busy, true).await),
        "limits" => "/limits".to_owned(),
        "backup" => format!("/backups/{}", things::backup(busy).await),
        "group" => format!("/groups/{}", things::group(busy, Kind::Group).await),
        "group_type" => format!("/group_types/{}", things::group_type(busy).await),
        "group_snapshot" => format!("/group_snapshots/{}", things::group_snapshot(busy, Kind::Group).await),
        unknown => panic!("nothing is called {unknown}"),
    }
}

/// A good request of which `rule` guards a part.
async fn ask(busy: &Busy, rule: &str) -> Answer {
    let admin = busy.world.admin().at("3.71");
    let on_volume =
        |id, action: &str, arguments: Value| (format!("/volumes/{id}/action"), json!({action: arguments}));
    let (path, body) = match rule {
        "volume:create_from_image" => {
            let image = things::image(busy).await.to_string();
            ("/volumes".to_owned(), json!({"volume": {"size": 1, "imageRef": image}}))
        }
        "volume:multiattach" => {
            let body = json!({"volume": {"size": 1, "volume_type": things::type_for_many(busy).await}});
            ("/volumes".to_owned(), body)
        }
        "volume:multiattach_bootable_volume" => {
            let volume = things::bootable_volume_for_many(busy).await;
            let server = things::name();
            let body = json!({"attachment": {"volume_uuid": volume.to_string(), "instance_uuid": server}});
            ("/attachments".to_owned(), body)
        }
        "volume:force_delete" => {
            let path = format!("/volumes/{}?force=true", things::volume(busy).await);
            return admin.delete(&path).await;
        }
        "volume:update_volume_admin_metadata" => {
            on_volume(things::volume(busy).await, "os-update_readonly_flag", json!({"readonly": true}))
        }
        "volume:extend_attached_volume" => {
            let volume = things::volume_that_is(busy, "in-use", "attached").await;
            on_volume(volume, "os-extend", json!({"new_size": 2}))
        }
        "volume_extension:volume_actions:upload_public" => {
            let arguments = json!({
                "image_name": "i", "disk_format": "raw", "container_format": "bare", "visibility": "public",
            });
            on_volume(things::volume(busy).await, "os-volume_upload_image", arguments)
        }
        "volume:reimage_reserved" => {
            let volume = things::volume_that_is(busy, "reserved", "reserved").await;
            let image = things::image(busy).await.to_string();
            on_volume(volume, "os-reimage", json!({"image_id": image, "reimage_reserved": true}))
        }
        unknown => panic!("nobody knows a request about {unknown}"),
    };
    admin.post(&path, body).await
}
