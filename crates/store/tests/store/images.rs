//! Images: who sees which, pages, members.

use std::collections::BTreeSet;

use model::{
    Generation, GenerationStatus, Image, ImageId, ImageLocation, ImageStatus, ImageVisibility, MemberStatus,
    Metadata, ProjectId, TemplateId, Timestamp,
};
use store::list::images::{Column, Query, Visibilities, cursor, each};
use store::list::{Condition, Direction, Part};
use store::{Store, StoreError, image_cache_reads, image_uploads, images};
use testdb::TestDatabase;

fn image(owner: &str, name: &str, visibility: ImageVisibility) -> Image {
    Image {
        id: ImageId::random(),
        owner: Some(ProjectId::new(owner)),
        name: Some(name.to_owned()),
        status: ImageStatus::Queued,
        visibility,
        disk_format: None,
        container_format: None,
        size_bytes: Some(5),
        virtual_size_bytes: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 0,
        min_ram_mib: 0,
        protected: false,
        hidden: false,
        properties: Metadata::from_iter([("os".to_owned(), name.to_owned())]),
        tags: BTreeSet::from(["a\"b".to_owned(), name.to_owned()]),
        locations: vec![ImageLocation {
            store: Some("s".to_owned()),
            url: "file:///x".to_owned(),
            metadata: "{}".to_owned(),
        }],
        worker: None,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    }
}

fn listing(project: &str) -> Query {
    Query {
        project: Some(ProjectId::new(project)),
        everybody: false,
        visibilities: Visibilities::Usual,
        member_status: Some(MemberStatus::Accepted),
        conditions: Vec::new(),
        tags: Vec::new(),
        size_min_bytes: None,
        size_max_bytes: None,
        sort: vec![(Column::Name, Direction::Asc), (Column::Id, Direction::Asc)],
    }
}

async fn names(store: &Store, query: Query, limit: usize) -> Vec<String> {
    let read = store.read(move |conn| {
        let mut names = Vec::new();
        let part = Part { after: None, offset: 0, limit };
        each(conn, &query, &part, |image| {
            names.push(image.name.unwrap_or_default());
            Ok(())
        })?;
        Ok::<_, StoreError>(names)
    });
    read.await.unwrap()
}

async fn world() -> (TestDatabase, Store, Vec<Image>) {
    let home = TestDatabase::new();
    let store = Store::open(home.options()).unwrap();
    let made = vec![
        image("other", "1public", ImageVisibility::Public),
        image("other", "2community", ImageVisibility::Community),
        image("other", "3shared", ImageVisibility::Shared),
        image("other", "4private", ImageVisibility::Private),
        image("me", "5private", ImageVisibility::Private),
        image("me", "6community", ImageVisibility::Community),
    ];
    let rows = made.clone();
    let insert = store.write(move |conn| rows.iter().try_for_each(|row| images::insert(conn, row)));
    insert.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
    (home, store, made)
}

#[tokio::test]
async fn a_row_comes_back_as_it_was_and_is_changed_by_field() {
    let (_home, store, made) = world().await;
    let wanted = made[0].clone();
    let id = wanted.id;
    let read = store.read(move |conn| images::get(conn, id)).await.unwrap();
    assert_eq!(read, Some(wanted));
    let edit =
        images::Edit { size_bytes: Some(None), tags: Some(BTreeSet::new()), ..images::Edit::default() };
    store.write(move |conn| images::edit(conn, id, &edit)).await.unwrap();
    let changed = store.read(move |conn| images::get(conn, id)).await.unwrap().unwrap();
    assert_eq!((changed.size_bytes, changed.tags.len(), changed.name.as_deref()), (None, 0, Some("1public")));
    assert!(changed.updated_at > Timestamp(1));
    let from = |from: &'static [ImageStatus]| {
        store.write(move |conn| images::set_status_from(conn, id, from, ImageStatus::Saving, Some("h")))
    };
    assert!(from(&[ImageStatus::Queued]).await.unwrap());
    assert!(!from(&[ImageStatus::Queued]).await.unwrap());
}

#[tokio::test]
async fn an_upload_outlives_the_record_of_its_image() {
    let (_home, store, made) = world().await;
    let id = made[0].id;
    let begin = |worker: &'static str| {
        store.write(move |conn| {
            image_uploads::begin(conn, worker, id, ImageStatus::Saving, Timestamp(i64::MAX))
        })
    };
    let end = |worker: &'static str| {
        store.write(move |conn| image_uploads::end(conn, worker, id, ImageStatus::Active))
    };
    assert!(begin("h/1/a").await.unwrap());
    assert!(!begin("h/1/b").await.unwrap(), "it takes data already");
    assert!(!end("h/1/b").await.unwrap(), "another takes them");
    let of = |process: &'static str| store.read(move |conn| image_uploads::of_process(conn, process));
    assert_eq!(of("h/1").await.unwrap(), [("h/1/a".to_owned(), id)]);
    assert_eq!(of("h").await.unwrap().len(), 1);
    assert!(of("h/").await.unwrap().is_empty());
    store.write(move |conn| images::remove(conn, id)).await.unwrap();
    assert!(store.read(move |conn| image_uploads::is_any_of(conn, id)).await.unwrap());
    assert!(!end("h/1/a").await.unwrap(), "there is nothing that could become active");
    assert!(!store.read(move |conn| image_uploads::is_any_of(conn, id)).await.unwrap());
}

/// What is begun again, renewed and taken over, and by whom.
#[tokio::test]
async fn an_upload_that_nobody_renews_is_taken_over_by_one() {
    let (_home, store, made) = world().await;
    let (id, other) = (made[0].id, made[1].id);
    let begin = |worker: &'static str, id, until| {
        let until = Timestamp(until);
        store.write(move |conn| image_uploads::begin(conn, worker, id, ImageStatus::Saving, until))
    };
    let renew = |worker: &'static str| {
        store.write(move |conn| image_uploads::renew(conn, worker, Timestamp(i64::MAX)))
    };
    let take = |worker: &'static str| {
        store.write(move |conn| image_uploads::take_over(conn, worker, Timestamp(i64::MAX)))
    };
    let end =
        |worker: &'static str, id, to| store.write(move |conn| image_uploads::end(conn, worker, id, to));
    let reclaim = |process: &'static str| {
        store.write(move |conn| image_uploads::reclaim(conn, process, Timestamp(i64::MAX)))
    };
    let of = |process: &'static str| store.read(move |conn| image_uploads::of_process(conn, process));
    assert!(begin("dead/a", id, 1).await.unwrap());
    assert!(begin("live/b", other, 1).await.unwrap());
    assert!(renew("live/b").await.unwrap());
    assert!(!renew("live/c").await.unwrap(), "it never began");
    assert_eq!(take("live/d").await.unwrap(), Some(id));
    assert_eq!(take("live/e").await.unwrap(), None, "the other goes on, and this one is taken");

    // Its first worker has nothing to say any more, and its process learns of it when it is back.
    assert!(!renew("dead/a").await.unwrap());
    assert!(!end("dead/a", id, ImageStatus::Active).await.unwrap());
    assert!(of("dead").await.unwrap().is_empty());
    assert_eq!(reclaim("dead").await.unwrap(), [id], "another has it");
    assert!(reclaim("dead").await.unwrap().is_empty(), "it is forgotten");
    assert!(end("live/d", id, ImageStatus::Queued).await.unwrap());

    // What was left behind is put right where the image takes no data, and when it is gone.
    for image_is_gone in [false, true] {
        assert!(begin("dead/f", id, 1).await.unwrap());
        assert_eq!(take("live/g").await.unwrap(), Some(id));
        assert!(end("live/g", id, ImageStatus::Queued).await.unwrap());
        if image_is_gone {
            store.write(move |conn| images::remove(conn, id)).await.unwrap();
        }
        assert!(reclaim("dead").await.unwrap().is_empty());
        assert_eq!(of("dead").await.unwrap(), [("dead/f".to_owned(), id)]);
        assert_eq!(end("dead/f", id, ImageStatus::Queued).await.unwrap(), !image_is_gone);
    }
}

#[tokio::test]
async fn each_project_sees_its_own_the_public_and_what_it_has_accepted() {
    let (_home, store, made) = world().await;
    assert_eq!(names(&store, listing("me"), 10).await, ["1public", "5private", "6community"]);
    let shared = made[2].id;
    let me = ProjectId::new("me");
    let member = me.clone();
    store.write(move |conn| images::add_member(conn, shared, &member)).await.unwrap();
    assert_eq!(names(&store, listing("me"), 10).await.len(), 3, "not before it is accepted");
    let pending = Query { member_status: Some(MemberStatus::Pending), ..listing("me") };
    assert_eq!(names(&store, pending, 10).await, ["1public", "3shared", "5private", "6community"]);
    let member = me.clone();
    let accept =
        store.write(move |conn| images::set_member_status(conn, shared, &member, MemberStatus::Accepted));
    assert!(accept.await.unwrap());
    assert_eq!(names(&store, listing("me"), 10).await, ["1public", "3shared", "5private", "6community"]);
    let community = Query { visibilities: Visibilities::Only(ImageVisibility::Community), ..listing("me") };
    assert_eq!(names(&store, community, 10).await, ["2community", "6community"]);
    let everything = Query { everybody: true, visibilities: Visibilities::All, ..listing("me") };
    assert_eq!(names(&store, everything, 10).await.len(), 6);
    let private = made[3].id;
    let hidden =
        store.read(move |conn| images::get_visible(conn, private, Some(&ProjectId::new("me")))).await;
    assert_eq!(hidden.unwrap_or_else(|error: StoreError| panic!("{error}")), None);
    let again = store.write(move |conn| images::add_member(conn, shared, &me)).await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))));
}

#[tokio::test]
async fn tags_properties_and_pages() {
    let (_home, store, made) = world().await;
    let all = || Query { everybody: true, visibilities: Visibilities::All, ..listing("me") };
    let tagged = |tags: &[&str]| Query { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..all() };
    assert_eq!(names(&store, tagged(&["a\"b"]), 10).await.len(), 6);
    assert_eq!(names(&store, tagged(&["a\"b", "4private"]), 10).await, ["4private"]);
    assert_eq!(names(&store, tagged(&["private"]), 10).await.len(), 0);
    let pairs = vec![("os".to_owned(), "5private".to_owned())];
    let of = Query { conditions: vec![Condition::Pairs(Column::Properties, pairs)], ..all() };
    assert_eq!(names(&store, of, 10).await, ["5private"]);
    let after = made[1].id;
    let rest = store.read(move |conn| {
        let query = all();
        let part = Part { after: cursor(conn, &query, after)?, offset: 0, limit: 2 };
        let mut names = Vec::new();
        each(conn, &query, &part, |image| {
            names.push(image.name.unwrap_or_default());
            Ok(())
        })?;
        Ok::<_, StoreError>(names)
    });
    assert_eq!(rest.await.unwrap(), ["3shared", "4private"]);
    let unseen = made[3].id;
    let place = store.read(move |conn| cursor(conn, &listing("me"), unseen)).await.unwrap();
    assert_eq!(place, None);
}

#[tokio::test]
async fn a_generation_counts_as_an_image_and_not_as_data_in_a_store() {
    let (_home, store, made) = world().await;
    let me = made[0].owner.clone().expect("an owner");
    let usage = |owner: ProjectId| store.read(move |conn| images::usage(conn, &owner));
    let (count, bytes) = usage(me.clone()).await.unwrap();
    let generation = Generation {
        template_id: TemplateId::random(),
        number: 1,
        image_id: made[0].id,
        parent: None,
        status: GenerationStatus::Available,
        failure: None,
        size_gib: 1,
        changed_bytes: None,
        sha256: None,
        backend: Some("h@b".to_owned()),
        exported: false,
        note: None,
        created_at: Timestamp(1),
    };
    store.write(move |conn| store::templates::generations::insert(conn, &generation)).await.unwrap();
    assert_eq!(usage(me).await.unwrap(), (count, bytes - 5));
}

#[tokio::test]
async fn reads_of_a_cache_are_counted_by_host_until_the_copy_is_gone() {
    let (_home, store, made) = world().await;
    let (id, unknown) = (made[0].id, ImageId::random());
    for host in ["one", "one", "other"] {
        store.write(move |conn| image_cache_reads::count(conn, host, id)).await.unwrap();
        store.write(move |conn| image_cache_reads::count(conn, host, unknown)).await.unwrap();
    }
    let hits = |host: &'static str| {
        let store = &store;
        async move {
            let reads = store.read(move |conn| image_cache_reads::of_host(conn, host)).await.unwrap();
            reads.iter().map(|reads| (reads.image_id, reads.hits)).collect::<Vec<_>>()
        }
    };
    assert_eq!((hits("one").await, hits("other").await), (vec![(id, 2)], vec![(id, 1)]));
    store.write(move |conn| image_cache_reads::forget(conn, "one", id)).await.unwrap();
    assert_eq!((hits("one").await, hits("other").await), (vec![], vec![(id, 1)]));
    store.write(move |conn| images::remove(conn, id)).await.unwrap();
    assert_eq!(hits("other").await, vec![]);
}
