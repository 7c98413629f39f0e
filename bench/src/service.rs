//! The volume service, in the words of a user with a stop-watch.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::client::{Client, Reply, split_address};
use crate::error::Error;
use crate::images::Images;
use crate::login::Login;

/// Nothing that is measured may take longer.
const PATIENCE: Duration = Duration::from_secs(1800);
/// A wait is seen as at most this part longer than it was: the pauses between two looks grow with the time waited.
const PRECISION: u32 = 20;
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// The longest page of a list.
const PAGE: usize = 1000;

/// A logged-in administrator, who remembers what was made.
pub(crate) struct Service {
    client: Client,
    path: String,
    project_id: String,
    pub(crate) address: String,
    token: String,
    image_address: Option<String>,
    /// In the names of all volumes made.
    tag: String,
    sequence: Cell<u64>,
    made: RefCell<BTreeSet<String>>,
}

impl Service {
    pub(crate) fn new(login: &Login, api_version: &str) -> Result<Self, Error> {
        let (authority, path) = split_address(&login.endpoint)?;
        let value =
            |text: &str| HeaderValue::from_str(text).map_err(|_| Error::Shape("a token fit for a header"));
        let headers = vec![
            (ACCEPT, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("x-auth-token"), value(&login.token)?),
            (HeaderName::from_static("openstack-api-version"), value(&format!("volume {api_version}"))?),
        ];
        Ok(Self {
            client: Client::new(&authority, headers),
            path,
            project_id: login.project_id.clone(),
            address: login.endpoint.clone(),
            token: login.token.clone(),
            image_address: login.images.clone(),
            tag: format!("bench-{}", std::process::id()),
            sequence: Cell::new(0),
            made: RefCell::default(),
        })
    }

    /// The image service of the same cloud.
    pub(crate) fn images(&self) -> Result<Images, Error> {
        let address = self.image_address.as_deref().ok_or(Error::Shape("an image service in the catalog"))?;
        Images::new(address, &self.token)
    }

    /// The sum of a counter over its labels, where the service tells it.
    pub(crate) async fn counter(&self, name: &str) -> Option<u64> {
        let reply = self.client.send(&Method::GET, "/metrics", None).await.ok()?;
        let text = String::from_utf8(reply.body.to_vec()).ok().filter(|_| reply.status == 200)?;
        let samples = text.lines().filter(|line| line.starts_with(name));
        samples.map(|line| line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok())).sum()
    }

    /// Sends a request below the project's address.
    pub(crate) async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Reply, Error> {
        let body = body.map(|body| Bytes::from(body.to_string()));
        self.client.send(method, &format!("{}{path}", self.path), body.as_ref()).await
    }

    /// Sends a request that must succeed; the JSON of its answer.
    pub(crate) async fn call(
        &self,
        method: &Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Error> {
        let body = self.receive(method, path, body).await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| Error::Shape("JSON"))
    }

    async fn receive(&self, method: &Method, path: &str, body: Option<Value>) -> Result<Bytes, Error> {
        let reply = self.send(method, path, body).await?;
        if (200..300).contains(&reply.status) {
            return Ok(reply.body);
        }
        let body = String::from_utf8_lossy(&reply.body).chars().take(300).collect();
        Err(Error::Refused { method: method.to_string(), path: path.to_owned(), status: reply.status, body })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Error> {
        self.call(&Method::GET, path, None).await
    }

    /// A `GET` that must succeed, whose answer is received but not understood: that is the server's cost, not ours.
    pub(crate) async fn get_unread(&self, path: &str) -> Result<(), Error> {
        self.receive(&Method::GET, path, None).await.map(drop)
    }

    /// Takes every limit from the project; whether that was allowed.
    pub(crate) async fn lift_quotas(&self) -> bool {
        let limits = json!({"volumes": -1, "snapshots": -1, "gigabytes": -1, "per_volume_gigabytes": -1});
        let path = format!("/os-quota-sets/{}", self.project_id);
        self.call(&Method::PUT, &path, Some(json!({ "quota_set": limits }))).await.is_ok()
    }

    /// Asks for a volume of 1 GiB with these further fields; its id, and how long the service took to accept.
    pub(crate) async fn ask(&self, fields: &Value) -> Result<(String, Duration), Error> {
        self.sequence.set(self.sequence.get() + 1);
        let mut volume = json!({"size": 1, "name": format!("{}-{}", self.tag, self.sequence.get())});
        for (key, value) in fields.as_object().into_iter().flatten() {
            volume[key] = value.clone();
        }
        let start = Instant::now();
        let reply = self.call(&Method::POST, "/volumes", Some(json!({ "volume": volume }))).await?;
        let took = start.elapsed();
        let id = reply["volume"]["id"].as_str().ok_or(Error::Shape("a volume id"))?.to_owned();
        self.made.borrow_mut().insert(id.clone());
        Ok((id, took))
    }

    /// Asks for a volume and waits until it is there.
    pub(crate) async fn make(&self, fields: &Value) -> Result<String, Error> {
        let (id, _) = self.ask(fields).await?;
        self.await_status(&format!("/volumes/{id}"), "volume", "available").await?;
        Ok(id)
    }

    /// Waits until the resource has the status; the resource.
    pub(crate) async fn await_status(&self, path: &str, key: &str, wanted: &str) -> Result<Value, Error> {
        let start = Instant::now();
        loop {
            let resource = self.get(path).await?[key].take();
            let status = resource["status"].as_str().unwrap_or_default();
            if status == wanted {
                return Ok(resource);
            }
            if status.starts_with("error") {
                return Err(Error::Failed { what: path.to_owned(), status: status.to_owned() });
            }
            pause(start, path).await?;
        }
    }

    pub(crate) async fn await_gone(&self, path: &str) -> Result<(), Error> {
        let start = Instant::now();
        while self.send(&Method::GET, path, None).await?.status != 404 {
            pause(start, path).await?;
        }
        Ok(())
    }

    /// Asks for the volume's end.
    pub(crate) async fn delete(&self, id: &str) -> Result<(), Error> {
        self.call(&Method::DELETE, &format!("/volumes/{id}"), None).await?;
        self.made.borrow_mut().remove(id);
        Ok(())
    }

    /// Asks for the volume's end and waits for it.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), Error> {
        self.delete(id).await?;
        self.await_gone(&format!("/volumes/{id}")).await
    }

    /// The ids of the project's volumes with this status.
    pub(crate) async fn ids_with(&self, status: &str) -> Result<BTreeSet<String>, Error> {
        let mut ids = BTreeSet::new();
        let mut marker = String::new();
        loop {
            let page = match self.get(&format!("/volumes?limit={PAGE}&status={status}{marker}")).await {
                // What the last page ended with is gone: look again from the start.
                Err(Error::Refused { status: 404, .. }) if !marker.is_empty() => {
                    marker.clear();
                    ids.clear();
                    continue;
                }
                page => page?,
            };
            let page = page["volumes"].as_array().ok_or(Error::Shape("volumes"))?;
            ids.extend(page.iter().filter_map(|volume| volume["id"].as_str().map(str::to_owned)));
            match page.last().and_then(|volume| volume["id"].as_str()) {
                Some(last) if page.len() == PAGE => marker = format!("&marker={last}"),
                _ => return Ok(ids),
            }
        }
    }

    /// Waits until none of the volumes has the status any more.
    pub(crate) async fn await_none_with(&self, status: &str, ids: &BTreeSet<String>) -> Result<(), Error> {
        let start = Instant::now();
        while !self.ids_with(status).await?.is_disjoint(ids) {
            pause(start, &format!("the end of {status}")).await?;
        }
        Ok(())
    }

    /// How many volumes the project has, by pages of the shortest list.
    pub(crate) async fn count(&self) -> Result<usize, Error> {
        let page = self.get("/volumes?limit=1&with_count=true").await?;
        let count = page["count"].as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or(Error::Shape("a count of volumes"))
    }

    /// Deletes what the sections left behind.
    pub(crate) async fn delete_everything_made(&self) -> Result<(), Error> {
        let left: BTreeSet<String> = self.made.borrow().clone();
        for id in &left {
            self.delete(id).await?;
        }
        self.await_none_with("deleting", &left).await
    }
}

async fn pause(since: Instant, what: &str) -> Result<(), Error> {
    let waited = since.elapsed();
    if waited > PATIENCE {
        return Err(Error::Late { what: what.to_owned(), seconds: PATIENCE.as_secs() });
    }
    tokio::time::sleep((waited / PRECISION).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
    Ok(())
}
