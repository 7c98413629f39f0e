//! The first start of an installation, and the later ones.

use api::identity_v3::bootstrap;
use serde_json::{Value, json};

use crate::world::{DEMO_PASSWORD, World, each, starting_at};

/// Everything that an administrator can list.
async fn everything(world: &World) -> Value {
    let admin = world.admin().await;
    let mut all = json!({});
    for nouns in
        ["domains", "projects", "users", "roles", "services", "endpoints", "regions", "role_assignments"]
    {
        all[nouns] = admin.get(&format!("/v3/{nouns}")).await.expect(200).body[nouns].clone();
    }
    all
}

/// How many transactions have changed the identity.
async fn transactions(world: &World) -> i64 {
    world.store.read(store::identity::generation::current).await.unwrap()
}

#[tokio::test]
async fn the_first_start_makes_people_roles_and_a_catalog() {
    let world = World::new().await;
    let all = everything(&world).await;
    let names = |nouns: &str| {
        let mut names = each(&all[nouns], "name");
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(names("domains"), "Default");
    assert_eq!(names("projects"), "admin demo service");
    assert_eq!(names("users"), "admin demo");
    assert_eq!(names("roles"), "admin manager member reader service");
    assert_eq!(each(&all["regions"], "id"), ["RegionOne"]);

    let admin = world.admin().await;
    let with_names = admin.get("/v3/role_assignments?include_names").await.expect(200).body;
    let mut lines: Vec<String> = with_names["role_assignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let place = it["scope"]["project"]["name"].as_str().unwrap_or("the system");
            format!(
                "{} is {} in {place}",
                it["user"]["name"].as_str().unwrap(),
                it["role"]["name"].as_str().unwrap()
            )
        })
        .collect();
    lines.sort();
    assert_eq!(lines, ["admin is admin in admin", "admin is admin in the system", "demo is member in demo"]);
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    let before = everything(&world).await;
    let written = transactions(&world).await;
    let mut later = starting_at(5000, 8776);
    later.demo_password = auth::secret::Secret::new("another".to_owned());
    assert!(!bootstrap(&world.store, &later).await.unwrap().passwords_set);
    assert_eq!(transactions(&world).await, written);
    assert_eq!(everything(&world).await, before);
    world.login("demo", DEMO_PASSWORD, "demo").await;
    admin.get("/v3/users").await.expect(200);

    // Nor does it bring back what an administrator removed.
    admin.delete(&format!("/v3/projects/{}", admin.id_of("project", "demo").await)).await.expect(204);
    bootstrap(&world.store, &later).await.unwrap();
    assert_eq!(admin.get("/v3/projects?name=demo").await.expect(200).body["projects"], json!([]));
}

#[tokio::test]
async fn endpoints_follow_the_server_unless_they_were_moved() {
    let world = World::new().await;
    let admin = world.admin().await;
    let endpoints = |interface: &'static str| {
        let admin = admin.clone();
        async move {
            let list = admin.get(&format!("/v3/endpoints?interface={interface}")).await.expect(200).body;
            list["endpoints"].as_array().unwrap().clone()
        }
    };
    let public = endpoints("public").await;
    let moved = public.iter().find(|it| it["url"] == "http://identity:5000/v3").unwrap();
    let path = format!("/v3/endpoints/{}", moved["id"].as_str().unwrap());
    admin.patch(&path, json!({"endpoint": {"url": "https://cloud/identity"}})).await.expect(200);

    bootstrap(&world.store, &starting_at(5001, 8777)).await.unwrap();
    let mut urls: Vec<String> =
        endpoints("public").await.iter().map(|it| it["url"].as_str().unwrap().to_owned()).collect();
    urls.sort();
    let volumes = "http://volume:8777/v3/%(project_id)s";
    assert_eq!(urls, [volumes, volumes, "https://cloud/identity"]);
    let admins: Vec<_> = endpoints("admin").await.into_iter().map(|it| it["url"].clone()).collect();
    assert!(admins.contains(&json!("http://identity:5001/v3")), "{admins:?}");
}

#[tokio::test]
async fn what_a_process_does_not_serve_it_leaves_in_the_catalog() {
    let world = World::new().await;
    let before = everything(&world).await;
    let mut scheduler = starting_at(5001, 8777);
    (scheduler.identity_url, scheduler.volume_url) = (None, None);
    bootstrap(&world.store, &scheduler).await.unwrap();
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_image_service_comes_when_there_is_one() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut later = starting_at(5000, 8776);
    later.image_url = Some("http://image:9292".to_owned());
    for _ in 0..2 {
        bootstrap(&world.store, &later).await.unwrap();
        let images = admin.get("/v3/services?type=image").await.expect(200).body;
        assert_eq!(each(&images["services"], "name"), ["glance"]);
    }
}

/// The Barbican that an administrator has put there stays.
#[tokio::test]
async fn a_key_manager_goes_when_another_keeps_the_keys() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut serving = starting_at(5000, 8776);
    serving.key_manager_url = Some("http://identity:5000/key-manager".to_owned());
    let mut elsewhere = starting_at(5000, 8776);
    elsewhere.keys_are_elsewhere = true;
    let listed = |path: &'static str| {
        let admin = admin.clone();
        async move { admin.get(path).await.expect(200).body }
    };
    let services = "/v3/services?type=key-manager";
    assert_eq!(listed(services).await["services"], json!([]));
    for _ in 0..2 {
        bootstrap(&world.store, &serving).await.unwrap();
        assert_eq!(each(&listed(services).await["services"], "name"), ["barbican"]);
        let in_catalog = listed("/v3/auth/catalog").await["catalog"].to_string();
        assert!(in_catalog.contains("http://identity:5000/key-manager"), "{in_catalog}");
        // A process of the same installation that serves something else.
        bootstrap(&world.store, &starting_at(5000, 8776)).await.unwrap();
        assert_eq!(each(&listed(services).await["services"], "name"), ["barbican"]);
        bootstrap(&world.store, &elsewhere).await.unwrap();
        assert_eq!(listed(services).await["services"], json!([]));
    }
    bootstrap(&world.store, &serving).await.unwrap();
    let all = listed("/v3/endpoints?interface=public").await;
    let own = all["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["url"] == "http://identity:5000/key-manager");
    let path = format!("/v3/endpoints/{}", own.unwrap()["id"].as_str().unwrap());
    admin.patch(&path, json!({"endpoint": {"url": "https://cloud/barbican"}})).await.expect(200);
    bootstrap(&world.store, &elsewhere).await.unwrap();
    assert_eq!(each(&listed(services).await["services"], "name"), ["barbican"]);
    let left = listed("/v3/endpoints").await["endpoints"].to_string();
    assert!(left.contains("https://cloud/barbican") && !left.contains("5000/key-manager"), "{left}");
}
