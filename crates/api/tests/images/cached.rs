//! The cache: what is in it, and how often it was of use.

use serde_json::{Value, json};

use crate::world::World;

const TEXT: &str = "The quick brown fox jumps over the lazy dog";

async fn cached(world: &World) -> Vec<Value> {
    let shown = world.get("admin", "/v2/cache").await.expect(200);
    assert_eq!(shown["queued_images"], json!([]));
    shown["cached_images"].as_array().unwrap().clone()
}

async fn image(world: &World) -> String {
    let id = world.create(json!({})).await;
    world.put_data(&id, TEXT).await.expect(204);
    id
}

#[tokio::test]
async fn reads_of_a_copy_are_counted() {
    let world = World::caching().await;
    let (read, other) = (image(&world).await, image(&world).await);
    let file = format!("/v2/images/{read}/file");
    assert_eq!(world.get("member", &file).await.status, 200);
    world.put_in_cache(&other, TEXT.as_bytes());
    world.put_in_cache(&read, TEXT.as_bytes());
    for copy in cached(&world).await {
        assert_eq!((&copy["hits"], &copy["last_accessed"]), (&json!(0), &json!(0)), "{copy}");
    }
    for range in ["bytes=4-8", "bytes=0-"] {
        assert_eq!(world.send("member", "GET", &file, &[("range", range)], "").await.status, 206);
    }
    world.get("stranger", &file).await.refused(404);
    let shown = cached(&world).await;
    let [of_read, of_other] =
        [&read, &other].map(|id| shown.iter().find(|copy| copy["image_id"] == **id).unwrap());
    assert_eq!((&of_read["hits"], &of_read["size"]), (&json!(2), &json!(43)));
    assert!(of_read["last_accessed"].as_u64() >= of_read["last_modified"].as_u64(), "{of_read}");
    assert_eq!((&of_other["hits"], &of_other["last_accessed"]), (&json!(0), &json!(0)));
    world.send("member", "DELETE", &format!("/v2/images/{read}"), &[], "").await.expect(204);
    let copies = cached(&world).await;
    let of_gone = copies.iter().find(|copy| copy["image_id"] == *read).unwrap();
    assert_eq!(of_gone["hits"], 0, "its operation, which removes the copy, is not carried on here");
}
