//! Tokens: issued, validated, revoked.

use serde_json::json;

use crate::world::{BASE, DEMO_PASSWORD, World, by_password};

#[tokio::test]
async fn a_token_says_who_holds_it_and_what_it_gives() {
    let world = World::new().await;
    let scope = json!({"project": {"name": "demo", "domain": {"name": "Default"}}});
    let issued = world.issue(&by_password("demo", DEMO_PASSWORD, Some(scope))).await.expect(201);
    println!("{:#}", issued.body);
    let demo = world.client(&issued);
    let admin = world.admin().await;
    let token = demo.token.clone().unwrap();
    let shown = admin.about("GET", "/v3/auth/tokens", &token).await.expect(200);
    assert_eq!(shown.body, issued.body);
    assert_eq!(shown.headers["x-subject-token"], token.as_str());
    let _ = BASE;
}
