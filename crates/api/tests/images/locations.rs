//! Locations that come with a hash.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_hash_that_comes_with_a_location_is_one_that_is_computed_here() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let refused = async |name: &str, value: String| {
        let hash = json!({"os_hash_algo": name, "os_hash_value": value});
        let body = json!({"url": "http://images.example/disk", "validation_data": hash});
        world.post("member", &format!("/v2/images/{id}/locations"), body).await.refused(400)
    };
    let why = refused("sha1", "0".repeat(40)).await;
    assert!(why.contains("md5, sha256, sha512"), "{why}");
    for (name, digits) in [("md5", 32), ("sha256", 64), ("sha512", 128)] {
        let why = refused(name, "0".repeat(digits - 2)).await;
        assert!(why.contains("is not the correct size"), "{why}");
        // A good one is only refused for where it leads: there is no store of the web in this world.
        let why = refused(name, "0".repeat(digits)).await;
        assert!(why.contains("Invalid location"), "{why}");
    }
}
