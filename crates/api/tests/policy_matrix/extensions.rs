//! What this service serves beyond the list: its extensions, and what clients write in their own way.
//!
//! Nobody has documented who may; it is what its noun says: readers read, members change, and nobody else knows of it.

use api::volume_v3::table::{ROUTES, Route};
use auth::policy::{Policy, RuleSet};
use model::{Desktop, ProjectId, Template, TemplateId, Timestamp, UserId, VolumeId};
use serde_json::{Value, json};

use crate::closed::{put_in_force, without};
use crate::rows::{key, listed};
use crate::support::busy::Busy;
use crate::support::{Answer, PROJECT, USER};
use crate::things::Kind;
use crate::{ROLES, Role, Verdict, things};

/// The routes that are not in the list.
fn extensions() -> Vec<&'static Route> {
    let listed: Vec<String> = listed().iter().map(|row| row.key()).collect();
    let key = |route: &Route| key(route.method, route.path, route.action.unwrap_or_default());
    ROUTES.iter().filter(|route| !listed.contains(&key(route))).collect()
}

/// A fresh template with one desktop, and the disk of that.
async fn template(busy: &Busy) -> (TemplateId, VolumeId) {
    let (disk, desktop) = (things::volume(busy).await, things::volume(busy).await);
    let template = Template {
        id: TemplateId::random(),
        project_id: ProjectId::new(PROJECT),
        user_id: UserId::new(USER),
        name: None,
        description: None,
        volume_id: disk,
        iso_volume_id: None,
        disk_generation: None,
        current: None,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    };
    let id = template.id;
    let row = Desktop { volume_id: desktop, template_id: id, generation: 1, target: None };
    busy.world
        .write(move |conn| {
            store::templates::insert(conn, &template)?;
            store::templates::insert_desktop(conn, &row)
        })
        .await;
    (id, desktop)
}

/// A fresh policy of backups.
async fn backup_policy(busy: &Busy) -> String {
    let asked = json!({"backup_policy": {"schedule": "@yearly"}});
    let made = busy.world.member().post("/backup-policies", asked).await.expect(201);
    made["backup_policy"]["id"].as_str().expect("an identifier").to_owned()
}

/// A path about fresh things, and a body.
async fn request(busy: &Busy, route: &Route) -> (String, Option<Value>) {
    let (template, desktop) = template(busy).await;
    let path = route.path.replace("{template_id}", &template.to_string());
    let path = match path.contains("{policy_id}") {
        true => path.replace("{policy_id}", &backup_policy(busy).await),
        false => path,
    };
    let path = match path.contains("{group_id}") {
        true => path.replace("{group_id}", &things::group(busy, Kind::Group).await),
        false => path,
    };
    let path = path.replace("{volume_id}", &desktop.to_string()).replace("{number}", "1");
    let last = path.rsplit('/').next().unwrap_or_default();
    let body = match (route.method, last) {
        ("GET" | "DELETE", _) | (_, "start") => None,
        ("POST", "backup-policies") => Some(json!({"backup_policy": {"schedule": "@yearly"}})),
        ("PUT", _) if path.starts_with("/backup-policies") => Some(json!({"backup_policy": {}})),
        (_, "run") => Some(json!({"run": {}})),
        (_, "templates") => {
            let image = things::image(busy).await.to_string();
            Some(json!({"template": {"image": image}}))
        }
        (_, "flatten") => Some(json!({})),
        (_, "reset") => Some(json!({"reset": {}})),
        (_, "roll-out") => Some(json!({"roll_out": {"generation": 1}})),
        (_, "generations") => Some(json!({"generation": {}})),
        (_, "desktops") => Some(json!({"desktop": {}})),
        (_, "action") => Some(json!({"modify_body_for_action": {"allow_attached_volume": false}})),
        (_, "cleanup") => Some(json!({"binary": null})),
        (method, _) => panic!("nobody knows how to ask for {method} {path}"),
    };
    (path, body)
}

fn verdict(role: Role, route: &Route) -> Verdict {
    let is_owned = route.path.contains("_id}");
    let needed = match (route.path, route.method) {
        ("/workers/cleanup", _) => Role::Admin,
        (_, "GET") => Role::Reader,
        _ => Role::Member,
    };
    match role {
        Role::Nobody => Verdict::Unauthorized,
        Role::Stranger if is_owned => Verdict::Hidden,
        Role::Stranger if needed != Role::Admin => Verdict::Answered,
        role if role as u8 >= needed as u8 => Verdict::Answered,
        _ => Verdict::Forbidden,
    }
}

/// Whether whoever may is not turned away, whatever else stands in the way of what was asked.
fn is_right(verdict: Verdict, status: u16) -> bool {
    match verdict {
        Verdict::Answered => !matches!(status, 401 | 403 | 500..),
        Verdict::Forbidden => status == 403,
        Verdict::Hidden => status == 404,
        Verdict::Unauthorized => status == 401,
    }
}

/// Whether it is the thing of the path that is not found, and not something of it.
fn is_hidden(answer: &Answer) -> bool {
    let told = answer.body.to_string();
    answer.status == 404
        && ["Template ", "Volume ", "Backup policy ", "Group "].iter().any(|noun| told.contains(noun))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_extension_is_for_those_who_may() {
    let busy = Busy::new().await;
    things::furnish(&busy).await;
    let mut wrong = Vec::new();
    for route in extensions() {
        for role in ROLES {
            let (path, body) = request(&busy, route).await;
            let client = role.client(&busy).at("3.71");
            let answer = client.ask(route.method, &path, body.map(|body| body.to_string())).await;
            let verdict = verdict(role, route);
            if !is_right(verdict, answer.status) || (verdict == Verdict::Hidden && !is_hidden(&answer)) {
                let (method, status) = (route.method, answer.status);
                wrong.push(format!(
                    "{method} {} by {role:?}: {status}, and not {verdict:?}: {}",
                    route.path, answer.body
                ));
            }
        }
    }
    busy.stop().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_of_an_extension_closes_it() {
    let busy = Busy::new().await;
    things::furnish(&busy).await;
    let mut wrong = Vec::new();
    for route in extensions() {
        let rule = route.rule.expect("a rule of every extension");
        let (path, body) = request(&busy, route).await;
        put_in_force(&busy, without(rule.name()));
        let admin = busy.world.admin().at("3.71");
        let answer = admin.ask(route.method, &path, body.map(|body| body.to_string())).await;
        put_in_force(&busy, Policy::default());
        if answer.status != 403 && !is_hidden(&answer) {
            wrong.push(format!("{} {} without {}: {}", route.method, route.path, rule.name(), answer.status));
        }
    }
    busy.stop().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
