//! Audit events of the Image API: two for each change, none for reading, no secret in any.

use axum::body::Body;
use serde_json::{Value, json};

use crate::world::{PROXY, World};

/// The events that wait to be told, by their kinds.
async fn told(world: &World) -> Vec<(String, Value)> {
    let waiting = world.base.read(|conn| store::outbox::oldest(conn, 100)).await;
    let audits = waiting.into_iter().filter(|notice| notice.event_type.starts_with("audit."));
    audits.map(|it| (it.event_type, serde_json::from_str(&it.payload).unwrap())).collect()
}

#[tokio::test]
async fn every_change_is_told_when_it_is_asked_for_and_when_it_is_answered() {
    let world = World::audited().await;
    let id = world.create(json!({"name": "s3cr3t"})).await;
    world.get("member", "/v2/images").await.expect(200);
    world.put_data(&id, vec![7; 512]).await.expect(204);
    world.patch("member", &id, json!([{"op": "replace", "path": "/name", "value": "n"}])).await.expect(200);
    let deactivate = format!("/v2/images/{id}/actions/deactivate");
    world
        .send("admin", "POST", &deactivate, &[("x-forwarded-for", "203.0.113.7")], Body::empty())
        .await
        .expect(204);
    world.send("stranger", "DELETE", &format!("/v2/images/{id}"), &[], Body::empty()).await.refused(404);
    world.send("member", "DELETE", &format!("/v2/images/{id}"), &[], Body::empty()).await.expect(204);

    let told = told(&world).await;
    for pair in told.chunks(2) {
        let [(asked, before), (answered, after)] = pair else { panic!("{told:?}") };
        assert_eq!((asked.as_str(), answered.as_str()), ("audit.http.request", "audit.http.response"));
        assert_eq!((&before["outcome"], &before["id"]), (&json!("pending"), &after["id"]));
        assert!(!before.to_string().contains("s3cr3t"), "bodies are not told: {before}");
    }
    let of = |event: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let uri = text(&event["target"]["typeURI"]).replace("service/storage/image/", "");
        (text(&event["action"]), uri, text(&event["outcome"]), text(&event["reason"]["reasonCode"]))
    };
    let seen: Vec<_> = told.iter().skip(1).step_by(2).map(|(_, event)| of(event)).collect();
    let expected = [
        ("create", "images", "success", "201"),
        ("update", "images/image/file", "success", "204"),
        ("update", "images/image", "success", "200"),
        ("update/deactivate", "images/image/actions/deactivate", "success", "204"),
        ("delete", "images/image", "failure", "404"),
        ("delete", "images/image", "success", "204"),
    ];
    let seen: Vec<_> =
        seen.iter().map(|(a, b, c, d)| (a.as_str(), b.as_str(), c.as_str(), d.as_str())).collect();
    assert_eq!(seen, expected);
    let addresses: Vec<_> =
        told.iter().step_by(2).map(|(_, event)| event["initiator"]["host"]["address"].clone()).collect();
    let proxy = PROXY.to_string();
    let proxy = proxy.as_str();
    assert_eq!(addresses, [proxy, proxy, proxy, "203.0.113.7", proxy, proxy]);
    assert!(told.iter().skip(2).all(|(_, event)| event["target"]["id"] == id.as_str()), "{told:?}");
}

#[tokio::test]
async fn nobody_is_told_unless_it_is_wanted() {
    let world = World::new().await;
    world.create(json!({})).await;
    assert!(told(&world).await.is_empty());
}
