//! Lists of backups.

use serde_json::{Value, json};

use crate::support::busy::{Busy, id};
use crate::{backup, volume};

fn names(list: &Value) -> Vec<&str> {
    list["backups"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_sorted_and_cut_into_pages() {
    let busy = Busy::new().await;
    let (one, other) = (volume(&busy).await, volume(&busy).await);
    for (disk, name) in [(&one, "b"), (&other, "a"), (&one, "c")] {
        backup(&busy, disk, json!({ "name": name })).await;
    }
    let member = busy.member();
    let list = |query: &'static str| member.get(query);
    assert_eq!(names(&list("/backups").await.expect(200)), ["c", "a", "b"]);
    assert_eq!(names(&list("/backups/detail?sort=name:asc").await.expect(200)), ["a", "b", "c"]);
    let of_one = member.get(&format!("/backups?volume_id={}", id(&one))).await.expect(200);
    assert_eq!(names(&of_one), ["c", "b"]);
    assert_eq!(names(&list("/backups?name=a").await.expect(200)), ["a"]);
    assert_eq!(names(&list("/backups?status=error").await.expect(200)), [""; 0]);
    let first = list("/backups?limit=2&with_count=true").await.expect(200);
    assert_eq!((names(&first), first["count"].as_u64()), (vec!["c", "a"], Some(3)));
    let next = first["backups_links"][0]["href"].as_str().unwrap();
    let query = next.split_once('?').unwrap().1;
    assert_eq!(names(&member.get(&format!("/backups?{query}")).await.expect(200)), ["b"]);
    assert_eq!(
        list("/backups?bogus=1").await.fault(400),
        "Invalid filters bogus are found in query options."
    );
    assert_eq!(list("/backups?marker=x").await.fault(404), "Backup x could not be found.");
    assert_eq!(names(&busy.world.stranger().at("3.71").get("/backups").await.expect(200)), [""; 0]);
    let all = busy.world.admin().at("3.71").get("/backups/detail?all_tenants=1").await.expect(200);
    assert_eq!(all["backups"].as_array().unwrap().len(), 3);
    busy.stop().await;
}
