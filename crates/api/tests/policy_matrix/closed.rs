//! An operator's rules: each rule that the service names for a route can close it, even to administrators.

use auth::policy::{Policy, VolumeRule};

use crate::requests::request;
use crate::rows::listed;
use crate::support::busy::Busy;
use crate::{Role, things};

/// The rules of an installation in which nobody may what `rule` is about.
pub(crate) fn without(rule: &str) -> Policy<VolumeRule> {
    let (policy, findings) = Policy::load(&format!("\"{rule}\": \"!\"\n")).expect("a policy");
    assert!(findings.is_empty(), "{rule}: {findings:?}");
    policy
}

pub(crate) fn put_in_force(busy: &Busy, policy: Policy<VolumeRule>) {
    *busy.world.api.policy.write().expect("the policy") = policy.into();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_closes_its_routes() {
    let busy = Busy::new().await;
    things::furnish(&busy).await;
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for row in &listed() {
        for rule in &row.rules {
            let request = request(&busy, row, Role::Admin).await.unwrap_or_else(|| panic!("{}", row.key()));
            let body = request.body.map(|body| body.to_string());
            put_in_force(&busy, without(rule));
            let admin = busy.world.admin().at(request.version);
            let answer = admin.ask(&row.method, &request.path, body).await;
            put_in_force(&busy, Policy::default());
            asked += 1;
            // Who may not see a volume is not told that there is one.
            let refused = if rule == "volume:get" { 404 } else { 403 };
            if answer.status != refused {
                wrong.push(format!("{} without {rule}: {} {}", row.key(), answer.status, answer.body));
            }
        }
    }
    busy.stop().await;
    assert!(wrong.is_empty(), "{} of {asked} are open:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 200, "{asked} requests are not all");
}
