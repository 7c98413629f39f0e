//! An Image API in this process: the real router over temporary directories. No operation is carried on.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use api::image_v2::{ImageApi, Settings, router};
use auth::policy::Policy;
use axum::Router;
use axum::body::Body;
use backends::image::file::FileImageStore;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use ledger::Supervisor;
use model::ImageId;
use operations::image::allowance::Keeper;
use operations::image::{ImageHouse, ImageStores, Images, Kept, Limits, StoreEntry};
use ports::{ImageStore, ProjectLimits};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use wire::image::Formats;

use crate::support;

/// Most bytes of an image in these tests.
pub(crate) const SIZE_CAP: u64 = 3 << 20;

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) base: support::World,
    directory: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    /// The JSON of an answer with this status.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The text of a refusal with this status.
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        String::from_utf8(self.bytes.to_vec()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Who sends what clients ask for.
pub(crate) const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(support::World::new().await, 0, false).await
    }

    /// One in which others are told who asks for which change.
    pub(crate) async fn audited() -> Self {
        let base = support::World::patient_with(|settings| settings.audits = true, None).await;
        Self::with(base, 0, false).await
    }

    /// One in which the images of a project have at most so many bytes.
    pub(crate) async fn with_quota(project_bytes: u64) -> Self {
        Self::with(support::World::new().await, project_bytes, false).await
    }

    /// One with a cache.
    pub(crate) async fn caching() -> Self {
        Self::with(support::World::new().await, 0, true).await
    }

    /// One in which somebody else keeps the limits of projects.
    pub(crate) async fn limited_by(keeper: Arc<dyn ProjectLimits>) -> Self {
        Self::kept(support::World::new().await, 0, false, Some(keeper)).await
    }

    async fn with(base: support::World, project_bytes: u64, caches: bool) -> Self {
        Self::kept(base, project_bytes, caches, None).await
    }

    /// No bytes are no limit.
    async fn kept(
        base: support::World,
        project_bytes: u64,
        caches: bool,
        keeper_of_limits: Option<Arc<dyn ProjectLimits>>,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = |name: &str| Arc::new(FileImageStore::new(directory.path().join(name)));
        let entry = |name: &str, weight: i64| StoreEntry {
            name: name.to_owned(),
            kind: "file".to_owned(),
            description: None,
            weight,
            kept: Kept::Here(store(name)),
        };
        let stores = ImageStores {
            entries: vec![entry("one", 1), entry("two", 2)],
            default: "one".to_owned(),
            several: true,
            staging: store("staging"),
            cache: caches.then(|| store("cache") as Arc<dyn ImageStore>),
        };
        stores.ours().for_each(|store| store.check().unwrap());
        let limits = Limits {
            size_cap_bytes: SIZE_CAP,
            properties: 4,
            tags: 2,
            members: 2,
            locations: 10,
            project_bytes,
        };
        let house = ImageHouse {
            stores: Arc::new(stores),
            limits: Arc::new(limits),
            require_format_match: true,
            web: None,
            keeper_of_limits: keeper_of_limits.map(|limits| Arc::new(Keeper::of(limits))),
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let settings = Settings {
            formats: Formats { disk: words(&["raw", "qcow2", "iso"]), container: words(&["bare", "ovf"]) },
            import_methods: words(&["glance-direct", "copy-image"]),
            shows_locations: true,
            shows_direct_url: false,
            inherited_properties: Vec::new(),
            region: "RegionOne".to_owned(),
            cache_max_bytes: 0,
            default_page: 25,
            max_page: 1000,
        };
        let api = ImageApi {
            service_tokens: Arc::default(),
            images: Images::new(base.api.desk.clone(), &house, "node".to_owned(), "node/1".to_owned()),
            supervisor: Supervisor::default(),
            tokens: Arc::clone(&base.api.tokens),
            policy: Arc::new(RwLock::new(Arc::new(Policy::default()))),
            public_endpoint: None,
            identity_url: "http://identity:5000/v3".to_owned(),
            local_url: "http://127.0.0.1:9292".to_owned(),
            settings: Arc::new(settings),
        };
        Self { router: router(api), base, directory }
    }

    /// Sends a request. The text of a token is the role of who holds it.
    pub(crate) async fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "cloud:9292")
            .header("x-auth-token", token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).unwrap();
        api::http::receive(&mut request, PROXY, true);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(token, "GET", path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(token, "POST", path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub(crate) async fn patch(&self, token: &str, id: &str, changes: Value) -> Answer {
        let kind = [("content-type", "application/openstack-images-v2.1-json-patch")];
        self.send(token, "PATCH", &format!("/v2/images/{id}"), &kind, changes.to_string()).await
    }

    /// A raw image of the member with these further fields, without data.
    pub(crate) async fn create(&self, fields: Value) -> String {
        let mut image = json!({"disk_format": "raw", "container_format": "bare"});
        image.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let made = self.post("member", "/v2/images", image).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn put_data(&self, id: &str, bytes: impl Into<Body>) -> Answer {
        let kind = [("content-type", "application/octet-stream")];
        self.send("member", "PUT", &format!("/v2/images/{id}/file"), &kind, bytes).await
    }

    pub(crate) async fn show(&self, id: &str) -> Value {
        self.get("member", &format!("/v2/images/{id}")).await.expect(200)
    }

    /// Puts a copy of an image into the cache, as the image host does.
    pub(crate) fn put_in_cache(&self, id: &str, bytes: &[u8]) {
        let id: ImageId = id.parse().unwrap();
        let mut writer = FileImageStore::new(self.directory.path().join("cache")).begin(id).unwrap();
        writer.write(bytes).unwrap();
        writer.finish().unwrap();
    }

    /// Changes the row of an image, as what is done to it behind the requests does.
    pub(crate) async fn edit(&self, id: &str, edit: store::images::Edit) {
        let id = id.parse().unwrap();
        let written = self.base.api.desk.store.write(move |conn| store::images::edit(conn, id, &edit));
        written.await.unwrap();
    }

    /// The files of a store.
    pub(crate) fn files(&self, store: &str) -> Vec<PathBuf> {
        let directory = self.directory.path().join(store);
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}
