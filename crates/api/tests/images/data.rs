//! Data: in, out, in part, and not at all.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use model::ImageLocation;
use serde_json::json;
use store::images::Edit;

use crate::world::{SIZE_CAP, World};

const TEXT: &str = "The quick brown fox jumps over the lazy dog";

#[tokio::test]
async fn what_was_uploaded_is_downloaded_with_its_hashes() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let file = format!("/v2/images/{id}/file");
    assert!(world.get("member", &file).await.expect(204).is_null());
    world.put_data(&id, TEXT).await.expect(204);
    let image = world.show(&id).await;
    assert_eq!(
        (&image["status"], &image["size"], &image["virtual_size"]),
        (&json!("active"), &json!(43), &json!(43))
    );
    assert_eq!(image["checksum"], "9e107d9d372bb6826bd81d3542a419d6");
    assert_eq!(image["os_hash_algo"], "sha512");
    assert!(
        image["os_hash_value"]
            .as_str()
            .unwrap()
            .starts_with("07e547d9586f6a73f73fbac0435ed76951218fb7d0c8d788")
    );
    assert_eq!(image["stores"], "one");
    let all = world.get("member", &file).await;
    assert_eq!((all.status, &all.bytes[..]), (200, TEXT.as_bytes()));
    assert_eq!(all.header("content-md5"), "9e107d9d372bb6826bd81d3542a419d6");
    assert_eq!(
        (all.header("content-length"), all.header("content-type")),
        ("43", "application/octet-stream")
    );
    world.put_data(&id, "again").await.refused(409);
    world.get("reader", &file).await.refused(403);
    world.get("stranger", &file).await.refused(404);
}

#[tokio::test]
async fn a_part_is_downloaded() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    world.put_data(&id, TEXT).await.expect(204);
    let file = format!("/v2/images/{id}/file");
    for (range, bytes, content_range) in [
        ("bytes=4-8", "quick", "bytes 4-8/43"),
        ("bytes=40-", "dog", "bytes 40-42/43"),
        ("bytes=-3", "dog", "bytes 40-42/43"),
    ] {
        let part = world.send("member", "GET", &file, &[("range", range)], "").await;
        assert_eq!(
            (part.status, &part.bytes[..], part.header("content-range")),
            (206, bytes.as_bytes(), content_range)
        );
    }
    let refused = world.send("member", "GET", &file, &[("range", "bytes=43-")], "").await;
    assert_eq!((refused.status, refused.header("content-range")), (416, "bytes */43"));
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_and_the_image_takes_data_again() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let large = vec![1_u8; usize::try_from(SIZE_CAP).unwrap() + 1];
    // Known before the first byte, and found out on the way.
    world.put_data(&id, large.clone()).await.refused(413);
    let streamed = large.chunks(100_000).map(Bytes::copy_from_slice).collect::<Vec<_>>();
    world.put_data(&id, streaming(streamed, true)).await.refused(413);
    world.put_data(&id, &b"QFI\xfb\0\0\0\x03"[..]).await.refused(415);
    world.put_data(&id, streaming(vec![Bytes::from_static(b"begun")], false)).await.refused(400);
    let kind = [("content-type", "text/plain")];
    world.send("member", "PUT", &format!("/v2/images/{id}/file"), &kind, "x").await.refused(415);
    for _ in 0..200 {
        if world.show(&id).await["status"] == "queued" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(world.show(&id).await["status"], "queued");
    assert_eq!(world.files("one").len(), 0);
    world.put_data(&id, TEXT).await.expect(204);
    assert_eq!(world.files("one").len(), 1);
}

#[tokio::test]
async fn what_exceeds_the_quota_of_the_project_is_refused_and_leaves_nothing() {
    let world = World::with_quota(64).await;
    let first = world.create(json!({})).await;
    world.put_data(&first, TEXT).await.expect(204);
    let id = world.create(json!({})).await;
    let left = 64 - TEXT.len();
    let why = format!(
        "Image exceeds the storage quota: The size of the data {} will exceed the limit. {left} bytes remaining.",
        TEXT.len()
    );
    // Known before the first byte, and found out at the end.
    assert!(world.put_data(&id, TEXT).await.refused(413).contains(&why));
    let streamed = vec![Bytes::from_static(TEXT.as_bytes())];
    assert!(world.put_data(&id, streaming(streamed, true)).await.refused(413).contains(&why));
    for _ in 0..200 {
        if world.show(&id).await["status"] == "queued" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let shown = world.show(&id).await;
    assert_eq!((&shown["status"], &shown["size"]), (&json!("queued"), &json!(null)));
    assert_eq!(world.files("one").len(), 1, "only the data of the first image");
    world.put_data(&id, &TEXT[..left]).await.expect(204);
}

#[tokio::test]
async fn slow_clients_keep_no_others_from_putting_data() {
    let world = Arc::new(World::new().await);
    let (mut slow, mut putting) = (Vec::new(), tokio::task::JoinSet::new());
    for _ in 0..40 {
        let id = world.create(json!({})).await;
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        sender.try_send(Ok(http_body::Frame::data(Bytes::from_static(b"begun")))).unwrap();
        let (there, path) = (Arc::clone(&world), id.clone());
        putting.spawn(async move {
            there.put_data(&path, Body::new(Receiving(receiver))).await.expect(204);
        });
        while world.show(&id).await["status"] != "saving" {
            tokio::task::yield_now().await;
        }
        slow.push((sender, id));
    }
    let quick = world.create(json!({})).await;
    world.put_data(&quick, TEXT).await.expect(204);
    for (sender, _) in &slow {
        sender.send(Ok(http_body::Frame::data(Bytes::from_static(b" and ended")))).await.unwrap();
    }
    let ids: Vec<String> = slow.into_iter().map(|(_, id)| id).collect();
    while let Some(put) = putting.join_next().await {
        put.unwrap();
    }
    for id in ids {
        assert_eq!(world.get("member", &format!("/v2/images/{id}/file")).await.bytes, "begun and ended");
    }
}

/// A body in chunks that ends well, or breaks off.
fn streaming(chunks: Vec<Bytes>, ends_well: bool) -> Body {
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    for chunk in chunks {
        sender.try_send(Ok(http_body::Frame::data(chunk))).unwrap();
    }
    if !ends_well {
        sender.try_send(Err(std::io::Error::other("cut off"))).unwrap();
    }
    Body::new(Receiving(receiver))
}

/// What comes through a channel, as a body.
struct Receiving(tokio::sync::mpsc::Receiver<Result<http_body::Frame<Bytes>, std::io::Error>>);

impl http_body::Body for Receiving {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context)
    }
}

#[tokio::test]
async fn formats_must_be_said_before_data_come() {
    let world = World::new().await;
    let id = world.post("member", "/v2/images", json!({})).await.expect(201);
    let id = id["id"].as_str().unwrap();
    world.put_data(id, TEXT).await.refused(400);
    assert_eq!(world.show(id).await["status"], "queued");
}

#[tokio::test]
async fn a_store_is_chosen_and_a_deactivated_image_is_only_for_administrators() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let headers = [("content-type", "application/octet-stream"), ("x-image-meta-store", "two")];
    let file = format!("/v2/images/{id}/file");
    world.send("member", "PUT", &file, &headers, TEXT).await.expect(204);
    assert_eq!(world.show(&id).await["stores"], "two");
    let action = |action: &str| format!("/v2/images/{id}/actions/{action}");
    world.post("member", &action("deactivate"), json!(null)).await.expect(204);
    world.get("member", &file).await.refused(403);
    world.get("admin", &file).await.expect(200);
    world.post("member", &action("reactivate"), json!(null)).await.expect(204);
    assert_eq!(world.get("member", &file).await.status, 200);
    let other = world.create(json!({})).await;
    world.post("member", &format!("/v2/images/{other}/actions/deactivate"), json!(null)).await.refused(403);
}

#[tokio::test]
async fn an_import_is_accepted_where_it_makes_sense() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let import = format!("/v2/images/{id}/import");
    let direct = json!({"method": {"name": "glance-direct"}});
    world.post("member", &import, json!({})).await.refused(400);
    world.post("member", &import, json!({"method": {"name": "nothing"}})).await.refused(400);
    world.post("member", &import, direct.clone()).await.refused(409);
    let kind = [("content-type", "application/octet-stream")];
    world.send("member", "PUT", &format!("/v2/images/{id}/stage"), &kind, TEXT).await.expect(204);
    assert_eq!(world.show(&id).await["status"], "uploading");
    assert_eq!(world.files("staging").len(), 1);
    world.post("reader", &import, direct.clone()).await.refused(403);
    world
        .post("member", &import, json!({"method": {"name": "glance-direct"}, "stores": ["three"]}))
        .await
        .refused(409);
    world.post("member", &import, direct.clone()).await.expect(202);
    assert_eq!(world.show(&id).await["status"], "importing");
    let tasks = world.get("member", &format!("/v2/images/{id}/tasks")).await.expect(200);
    assert_eq!(tasks["tasks"][0]["input"]["import_req"]["method"]["name"], "glance-direct");
    world.post("member", &import, direct).await.refused(409);
    world.get("member", "/v2/tasks").await.refused(403);
    let all = world.get("admin", "/v2/tasks").await.expect(200);
    let task = format!("/v2/tasks/{}", all["tasks"][0]["id"].as_str().unwrap());
    assert_eq!(world.get("admin", &task).await.expect(200)["status"], "processing");
    world.send("admin", "DELETE", &task, &[], "").await.refused(405);
}

#[tokio::test]
async fn what_is_imported_counts_while_it_is_staged_and_keeps_the_formats_that_it_was_inspected_as() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let usage = async || world.get("member", "/v2/info/usage").await.expect(200)["usage"].clone();
    let kind = [("content-type", "application/octet-stream")];
    let stage = format!("/v2/images/{id}/stage");
    world.send("member", "PUT", &stage, &kind, vec![7_u8; 2 << 20]).await.expect(204);
    assert_eq!(usage().await["image_stage_total"]["usage"], 2);
    let direct = json!({"method": {"name": "glance-direct"}});
    world.post("member", &format!("/v2/images/{id}/import"), direct).await.expect(202);
    let qcow2 = json!([{"op": "replace", "path": "/disk_format", "value": "qcow2"}]);
    world.patch("member", &id, qcow2.clone()).await.expect(200);
    world.edit(&id, Edit { checksum: Some(Some("0".repeat(32))), ..Edit::default() }).await;
    world.patch("member", &id, qcow2).await.refused(403);
    let bare = json!([{"op": "replace", "path": "/container_format", "value": "ovf"}]);
    world.patch("member", &id, bare).await.refused(403);
}

#[tokio::test]
async fn the_location_of_a_copy_in_any_store_is_not_taken_from_its_data() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    world.put_data(&id, TEXT).await.expect(204);
    let kept = |store: &str, url: &str| ImageLocation {
        store: Some(store.to_owned()),
        url: url.to_owned(),
        metadata: "{}".to_owned(),
    };
    let locations = vec![kept("one", "swift+https://a/b"), kept("two", "s3://key:secret@a/b")];
    world.edit(&id, Edit { locations: Some(locations), ..Edit::default() }).await;
    for place in 0..2 {
        let remove = json!([{"op": "remove", "path": format!("/locations/{place}")}]);
        let why = world.patch("admin", &id, remove).await.refused(403);
        assert!(why.contains("DELETE /v2/stores"), "{why}");
    }
}
