//! Whether everything is as it should be after the faults.

use std::collections::BTreeMap;

use blackbox::wait;

use super::client::Client;
use super::load::{self, Kept, Tally};
use super::site::Site;

/// Compares what there is with what was accepted, removes it, and looks whether anything is left. What is wrong is
/// complained about.
pub(super) fn judge(site: &Site, client: &Client, tally: &Tally, kept: &[Kept]) {
    let found = client.admin.list("/volumes/detail?all_tenants=1", "volumes");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut there: BTreeMap<String, (u64, String)> = found
        .iter()
        .map(|it| (text(&it["id"]), (it["size"].as_u64().unwrap_or(0), text(&it["status"]))))
        .collect();
    for Kept { id, size_gib } in kept {
        match there.remove(id) {
            None => tally.complain(format!("the volume {id} was made and is lost")),
            Some((size, status)) if (size, status.as_str()) != (*size_gib, "available") => {
                tally.complain(format!("{id} is {status} with {size} GiB instead of {size_gib}"));
            }
            Some(_) => {}
        }
    }
    let complaints_before = tally.complaints().len();
    for (id, (_, status)) in &there {
        // A life that ended badly has been complained about, and leaves what it had.
        if complaints_before == 0 {
            tally.complain(format!("the volume {id} is {status} and nobody keeps it"));
        }
    }
    counters(site, tally, "with everything there");
    for id in kept.iter().map(|kept| &kept.id).chain(there.keys()) {
        if let Err(why) = load::remove(client, tally, &format!("/volumes/{id}")) {
            tally.complain(format!("{id}: {why}"));
        }
    }
    let nothing_left = wait::poll(wait::PATIENCE, || site.files().is_empty().then_some(()));
    if nothing_left.is_none() {
        tally.complain(format!("left behind on a storage: {:?}", site.files()));
    }
    counters(site, tally, "with nothing there");
    capacity(client, tally);
}

fn counters(site: &Site, tally: &Tally, when: &str) {
    let idle = wait::poll(wait::PATIENCE, || {
        let list = site.besser(&["ops", "list"]).ok()?;
        (list.lines().count() <= 1).then_some(())
    });
    if idle.is_none() {
        let list = site.besser(&["ops", "list"]).unwrap_or_else(|error| error.to_string());
        tally.complain(format!("operations that do not end, {when}:\n{list}"));
    }
    match site.besser(&["quota", "check"]) {
        Ok(said) if said.contains("0 counters differ") => {}
        Ok(said) => tally.complain(format!("counters differ, {when}: {said}")),
        Err(error) => tally.complain(format!("counters differ, {when}: {error}")),
    }
}

/// Nothing is charged to any pool when nothing is there.
fn capacity(client: &Client, tally: &Tally) {
    let pools = client.admin.get("/scheduler-stats/get_pools?detail=True");
    for pool in pools["pools"].as_array().into_iter().flatten() {
        if pool["capabilities"]["allocated_capacity_gb"].as_f64() != Some(0.0) {
            tally.complain(format!("a pool without volumes is charged: {pool}"));
        }
    }
}
