//! Limits of projects that somebody else keeps (`use_keystone_limits`).

use std::sync::{Arc, Mutex};

use ports::{LimitsUnknown, ProjectLimits};
use serde_json::json;

use crate::world::{Answer, World};

/// Keeps the same limits for every project.
#[derive(Debug)]
struct Keeper(Mutex<Result<[(&'static str, i64); 4], LimitsUnknown>>);

impl Keeper {
    fn of(size: i64, stage: i64, count: i64, uploading: i64) -> Arc<Self> {
        let keeper = Self(Mutex::new(Err(LimitsUnknown(String::new()))));
        keeper.set(size, stage, count, uploading);
        Arc::new(keeper)
    }

    fn set(&self, size: i64, stage: i64, count: i64, uploading: i64) {
        *self.0.lock().unwrap() = Ok([
            ("image_size_total", size),
            ("image_stage_total", stage),
            ("image_count_total", count),
            ("image_count_uploading", uploading),
        ]);
    }
}

impl ProjectLimits for Keeper {
    fn of(&self, _: &str, resources: &[&str]) -> Result<Vec<i64>, LimitsUnknown> {
        let limits = self.0.lock().unwrap().clone()?;
        let of = |name: &str| limits.iter().find(|(resource, _)| *resource == name).unwrap().1;
        Ok(resources.iter().map(|resource| of(resource)).collect())
    }
}

const MIB: usize = 1 << 20;

/// Puts so much data, and says how much before.
async fn put(world: &World, id: &str, way: &str, mib: usize) -> Answer {
    let length = (mib * MIB).to_string();
    let headers = [("content-type", "application/octet-stream"), ("content-length", length.as_str())];
    world.send("member", "PUT", &format!("/v2/images/{id}/{way}"), &headers, vec![1; mib * MIB]).await
}

fn over(resource: &str, limit: i64, used: i64, more: i64) -> String {
    format!("[Resource {resource} is over limit of {limit} due to current usage {used} and delta {more}]")
}

#[tokio::test]
async fn images_are_counted_against_the_limit_of_their_project() {
    let world = World::limited_by(Keeper::of(-1, -1, 1, -1)).await;
    world.create(json!({})).await;
    let image = json!({"disk_format": "raw", "container_format": "bare"});
    let refused = world.post("member", "/v2/images", image).await.refused(413);
    assert!(refused.contains(&over("image_count_total", 1, 1, 1)), "{refused}");
    let usage = world.get("member", "/v2/info/usage").await.expect(200);
    assert_eq!(usage["usage"]["image_count_total"], json!({"limit": 1, "usage": 1}));
    assert_eq!(usage["usage"]["image_size_total"], json!({"limit": -1, "usage": 0}));
}

#[tokio::test]
async fn data_are_held_against_the_limit_before_they_come() {
    let keeper = Keeper::of(2, 1, -1, -1);
    let world = World::limited_by(Arc::clone(&keeper) as Arc<dyn ProjectLimits>).await;
    let [first, second] = [world.create(json!({})).await, world.create(json!({})).await];
    let refused = put(&world, &first, "file", 3).await.refused(413);
    assert!(refused.contains(&over("image_size_total", 2, 0, 3)), "{refused}");
    put(&world, &first, "file", 2).await.expect(204);
    let refused = put(&world, &second, "file", 1).await.refused(413);
    assert!(refused.contains(&over("image_size_total", 2, 2, 1)), "{refused}");
    assert_eq!(world.show(&second).await["status"], "queued");

    let refused = put(&world, &second, "stage", 2).await.refused(413);
    assert!(refused.contains(&over("image_stage_total", 1, 0, 2)), "{refused}");
    put(&world, &second, "stage", 1).await.expect(204);
    let usage = world.get("member", "/v2/info/usage").await.expect(200)["usage"].clone();
    assert_eq!(usage["image_size_total"], json!({"limit": 2, "usage": 2}), "what is staged is counted apart");
    assert_eq!(usage["image_stage_total"], json!({"limit": 1, "usage": 1}));
    assert_eq!(usage["image_count_uploading"], json!({"limit": -1, "usage": 1}));

    // What was staged becomes data of the project.
    let import = json!({"method": {"name": "glance-direct"}});
    let refused =
        world.post("member", &format!("/v2/images/{second}/import"), import.clone()).await.refused(413);
    assert!(refused.contains(&over("image_size_total", 2, 2, 1)), "{refused}");
    keeper.set(3, 1, -1, 1);
    world.post("member", &format!("/v2/images/{second}/import"), import).await.expect(202);

    // One is on its way, and no more may be.
    let third = world.create(json!({})).await;
    keeper.set(-1, -1, -1, 0);
    let refused = world.put_data(&third, "few").await.refused(413);
    assert!(refused.contains("image_count_uploading"), "{refused}");
}

#[tokio::test]
async fn who_cannot_ask_for_limits_lets_nobody_pass() {
    let keeper = Arc::new(Keeper(Mutex::new(Err(LimitsUnknown("Keystone sleeps".to_owned())))));
    let world = World::limited_by(keeper).await;
    let image = json!({"disk_format": "raw", "container_format": "bare"});
    let refused = world.post("member", "/v2/images", image).await.refused(503);
    assert!(refused.contains("cannot be asked") && !refused.contains("Keystone sleeps"), "{refused}");
    assert_eq!(
        world.get("member", "/v2/images").await.expect(200)["images"],
        json!([]),
        "looking needs no limits"
    );
}
