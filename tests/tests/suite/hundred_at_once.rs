//! A hundred users at the same moment.

use std::sync::Barrier;
use std::time::Duration;

use blackbox::disk::{files_below, uuids_in};
use blackbox::{Reply, Serve, Server, Session, people, wait};
use serde_json::{Value, json};

const CROWD: usize = 100;
const PATIENCE: Duration = Duration::from_secs(120);

/// Does `deed` a hundred times at once; what came of each.
fn all_at_once<T: Send>(deed: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(CROWD);
    std::thread::scope(|scope| {
        let (start, deed) = (&start, &deed);
        let spawn = |index| {
            scope.spawn(move || {
                start.wait();
                deed(index)
            })
        };
        let crowd: Vec<_> = (0..CROWD).map(spawn).collect();
        crowd.into_iter().map(|one| one.join().expect("a deed that does not panic")).collect()
    })
}

fn create(session: &Session, fields: &Value) -> Reply {
    session.post("/volumes", &json!({ "volume": fields }))
}

fn id_of(reply: &Reply) -> String {
    reply.json()["volume"]["id"].as_str().expect("a volume id").to_owned()
}

/// Waits until no volume is in the middle of something; how many there are with each status.
#[track_caller]
fn settled(session: &Session) -> std::collections::BTreeMap<String, usize> {
    wait::until(PATIENCE, "every volume has come to rest", || {
        let mut counts = std::collections::BTreeMap::new();
        for volume in session.volumes() {
            *counts.entry(volume["status"].as_str().unwrap_or_default().to_owned()).or_insert(0) += 1;
        }
        let resting = counts.keys().all(|status| ["available", "error"].contains(&status.as_str()));
        resting.then_some(counts)
    })
}

#[test]
fn a_hundred_creates_and_a_hundred_deletes_all_succeed() {
    let server = Server::start();
    let demo = server.member();
    people::lift_quotas(&server.admin(), &demo.project_id);

    let replies = all_at_once(|index| create(&demo, &json!({"size": 1, "name": format!("disk {index}")})));
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status != 202).collect();
    assert!(refused.is_empty(), "{} refused, such as: {}", refused.len(), refused[0].text());
    assert_eq!(settled(&demo), [("available".to_owned(), CROWD)].into());
    let files = files_below(&server.volumes_dir());
    assert_eq!(files.len(), CROWD);

    let ids: Vec<String> = replies.iter().map(id_of).collect();
    let replies = all_at_once(|index| demo.delete(&format!("/volumes/{}", ids[index])));
    assert!(replies.iter().all(|reply| reply.status == 202));
    wait::until(PATIENCE, "every volume is gone", || demo.volumes().is_empty().then_some(()));
    assert_eq!(files_below(&server.volumes_dir()), Vec::<std::path::PathBuf>::new());
    let usage = demo.get(&format!("/os-quota-sets/{}?usage=True", demo.project_id));
    assert_eq!(usage["quota_set"]["volumes"]["in_use"], 0);
    assert_eq!(usage["quota_set"]["gigabytes"]["in_use"], 0);
}

#[test]
fn a_quota_lets_exactly_the_right_number_through() {
    let server = Server::start();
    let demo = server.member();
    let room = 7;
    people::set_quota(&server.admin(), &demo.project_id, json!({"volumes": -1, "gigabytes": room}));
    let replies = all_at_once(|_| create(&demo, &json!({"size": 1})));
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(202), count(413)), (room, CROWD - room));
    assert_eq!(settled(&demo), [("available".to_owned(), room)].into());
}

#[test]
fn ten_gib_are_given_to_exactly_ten() {
    let serve = Serve::new();
    let directory = serve.side_dir("sim");
    let conf = format!(
        "[DEFAULT]\nenabled_backends = small\n\n[small]\nvolume_driver = sim\nvolume_backend_name = small\n\
         mount_point = {}\nsim_capacity_gib = 10\nnas_volume_prov_type = thick\n",
        directory.display()
    );
    let server = serve.config(&conf).start();
    let demo = server.member();
    people::lift_quotas(&server.admin(), &demo.project_id);
    let replies = all_at_once(|_| create(&demo, &json!({"size": 1})));
    assert!(replies.iter().all(|reply| reply.status == 202), "the room is the scheduler's business");
    let expected = [("available".to_owned(), 10), ("error".to_owned(), CROWD - 10)];
    assert_eq!(settled(&demo), expected.into());

    // What is given back can be given again, and no more than that.
    let given = demo.list("/volumes?status=available", "volumes");
    demo.remove(&format!("/volumes/{}", given[0]["id"].as_str().expect("an id")));
    all_at_once(|_| create(&demo, &json!({"size": 1})));
    let expected = [("available".to_owned(), 10), ("error".to_owned(), 2 * CROWD - 11)];
    assert_eq!(settled(&demo), expected.into());
}

#[test]
fn the_last_room_of_a_backend_is_given_exactly_once() {
    let serve = Serve::new();
    let directory = serve.side_dir("files");
    // The ratio makes the pool's room its real size, so that the disks asked for are of a size that file systems allow.
    let conf = format!(
        "[DEFAULT]\nenabled_backends = files\n\n[files]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\n\
         volume_backend_name = files\nmount_point = {}\nimage_format = raw\nmax_over_subscription_ratio = 1.0\n",
        directory.display()
    );
    let server = serve.config(&conf).start();
    let (demo, admin) = (server.member(), server.admin());
    people::lift_quotas(&admin, &demo.project_id);

    let room_gib = virtual_free_gib(&admin);
    let fitting = 7;
    // Half a disk of room is left over, so that a little change of the disk's free space does not decide.
    let size_gib = (room_gib / (0.5 + f64::from(fitting))).floor();
    if size_gib < 1.0 {
        return skips::report(&format!("only {room_gib} GiB on this disk"));
    }
    let replies = all_at_once(|_| create(&demo, &json!({"size": whole(size_gib)})));
    assert!(replies.iter().all(|reply| reply.status == 202), "the room is the scheduler's business");
    let fitting = usize::try_from(fitting).expect("a small number");
    let expected = [("available".to_owned(), fitting), ("error".to_owned(), CROWD - fitting)];
    assert_eq!(settled(&demo), expected.into());
    let ids: usize = files_below(&directory).iter().map(|file| uuids_in(&file.to_string_lossy()).len()).sum();
    assert_eq!(ids, fitting, "a volume that did not fit left no file");

    // Everyone who was refused is told why, in numbers.
    let failed = demo.list("/volumes/detail?status=error", "volumes");
    let path = format!("/messages?resource_uuid={}", failed[0]["id"].as_str().expect("an id"));
    let words = demo.get(&path)["messages"][0]["user_message"].as_str().unwrap_or_default().to_owned();
    assert!(words.contains(&whole(size_gib).to_string()), "the message says how much was asked: {words}");
}

/// What the scheduler may still give out, by the rule of its capacity filter.
fn virtual_free_gib(admin: &Session) -> f64 {
    let pools = admin.get("/scheduler-stats/get_pools?detail=true");
    let pool = &pools["pools"][0]["capabilities"];
    let number = |key: &str| {
        let value = pool[key].as_f64().or_else(|| pool[key].as_str()?.parse().ok());
        value.unwrap_or_else(|| panic!("no {key} in {pool}"))
    };
    let total = number("total_capacity_gb");
    let base = total - (total * number("reserved_percentage") / 100.0).floor();
    let provisioned = number("provisioned_capacity_gb");
    if pool["thin_provisioning_support"] == true {
        base * number("max_over_subscription_ratio") - provisioned
    } else {
        number("free_capacity_gb").min(base - provisioned)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a size in GiB that was rounded down just before")]
fn whole(size_gib: f64) -> i64 {
    size_gib as i64
}
