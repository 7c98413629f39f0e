//! What a list of volumes can be filtered by.

use model::{MigrationStatus, VolumeStatus};
use serde_json::{Value, json};
use store::volumes::Edit;

use crate::support::arrange::{create, placed, set_status};
use crate::support::{Client, World};

async fn names(client: &Client<'_>, query: &str) -> String {
    let list = client.get(&format!("/volumes/detail?{query}")).await.expect(200);
    let mut names: Vec<String> = list["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|volume| volume["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort_unstable();
    names.concat()
}

async fn world() -> World {
    let world = World::new().await;
    let make = [
        ("a", json!({"size": 1, "metadata": {"k": "v", "l": "w"}})),
        ("b", json!({"size": 2, "metadata": {"k": "V"}})),
        ("c", json!({"size": 3, "description": "50% off_ers"})),
    ];
    for (name, fields) in make {
        let mut fields = fields;
        fields["name"] = Value::from(name);
        placed(&world, fields).await;
    }
    world
}

#[tokio::test]
async fn by_texts_numbers_and_pairs() {
    let world = world().await;
    let member = world.member();
    for (query, expected) in [
        ("name=a", "a"),
        ("name=A", ""),
        ("status=available", "abc"),
        ("status=error", ""),
        ("status=['available','error']", "abc"),
        ("size=2", "b"),
        ("size=['1','3']", "ac"),
        ("metadata={'k':'v'}", "a"),
        ("metadata={'k':'v','l':'w'}", "a"),
        ("metadata={'k':'v','l':'x'}", ""),
        ("metadata={}", "abc"),
        ("metadata=k", ""),
        ("bootable=true", ""),
        ("bootable=false", "abc"),
        ("availability_zone=nova", "abc"),
        ("availability_zone=elsewhere", ""),
    ] {
        let query = query.replace('{', "%7B").replace('}', "%7D").replace('\'', "%27");
        assert_eq!(names(&member, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn by_parts_from_3_34_on() {
    let world = world().await;
    let admin = world.admin().at("3.34");
    for (query, expected) in [
        ("name~=b", "b"),
        ("description~=%25%20off_", "c"),
        ("description~=0_", ""),
        ("description~=%25off", ""),
        ("description~=!", ""),
    ] {
        assert_eq!(names(&admin, query).await, expected, "{query}");
    }
    assert_eq!(
        world.member().at("3.34").get("/volumes?name~=b").await.fault(400),
        "Invalid filters name~ are found in query options.",
        "not configured for others"
    );
}

#[tokio::test]
async fn by_times_from_3_60_on() {
    let world = world().await;
    let listed = world.member().get("/volumes/detail?name=b").await.expect(200);
    let of_b = listed["volumes"][0]["created_at"].as_str().unwrap().to_owned();
    let member = world.member().at("3.60");
    for (comparison, expected) in
        [("gt", "c"), ("gte", "bc"), ("lt", "a"), ("lte", "ab"), ("eq", "b"), ("neq", "ac")]
    {
        let query = format!("created_at={comparison}:{of_b}");
        assert_eq!(names(&member, &query).await, expected, "{query}");
    }
    let either = format!("created_at=lt:{of_b},gt:{of_b}");
    assert_eq!(names(&member, &either).await, "ac", "at least one comparison holds");
    let message = member.get("/volumes?created_at=after:2026-01-01").await.fault(400);
    assert_eq!(message, "Invalid after operator");
}

#[tokio::test]
async fn administrators_filter_by_where_it_lives() {
    let world = world().await;
    let admin = world.admin();
    for (host, expected) in [
        ("node", "abc"),
        ("node@backend", "abc"),
        ("node@backend%23pool", "abc"),
        ("nod", ""),
        ("node@back", ""),
        ("node@backend%23poo", ""),
        ("", "abc"),
    ] {
        assert_eq!(names(&admin, &format!("host={host}")).await, expected, "{host}");
    }
    assert_eq!(
        names(&world.member(), "host=elsewhere").await,
        "abc",
        "not for others, and ignored before 3.31"
    );
    assert_eq!(
        world.member().at("3.31").get("/volumes?host=node").await.fault(400),
        "Invalid filters host are found in query options."
    );
}

#[tokio::test]
async fn null_can_be_asked_for() {
    let world = world().await;
    let id = placed(&world, json!({"name": "d"})).await;
    let migrating = Some(Some(MigrationStatus::Migrating));
    let edit = Edit { migration_status: migrating, ..Edit::default() };
    world.write(move |conn| store::volumes::edit(conn, id, &edit)).await;
    assert_eq!(names(&world.admin(), "migration_status=None").await, "abc");
    assert_eq!(names(&world.admin(), "migration_status=migrating").await, "d");
}

#[tokio::test]
async fn a_filter_is_only_ever_a_value() {
    let world = world().await;
    let status = "status=available%27%20OR%20%271%27=%271";
    assert_eq!(names(&world.member(), status).await, "");
    let message = world.admin().at("3.71").get("/volumes?id;DROP%20TABLE%20volumes=1").await;
    assert_eq!(message.expect(200)["volumes"], json!([]), "a filter that names nothing finds nothing");
    assert_eq!(names(&world.member(), "").await, "abc");
}

#[tokio::test]
async fn other_statuses_are_found_by_their_own_name() {
    let world = World::new().await;
    let id = create(&world.member(), json!({"name": "x"})).await;
    set_status(&world, id, VolumeStatus::ErrorManaging).await;
    assert_eq!(names(&world.member(), "status=error_managing").await, "x");
    let shown = world.member().get(&format!("/volumes/{id}")).await.expect(200);
    assert_eq!(shown["volume"]["status"], "error");
}
