//! The stores `s3`: each object is one of a bucket of an S3-compatible service.
//!
//! A container is a bucket, addressed by path. Buckets are made when something is put into them. Requests are signed by
//! us and carried by the client that everything else here uses: what is needed of S3 is five calls, and four more
//! for objects in parts.

mod list;
mod options;
mod parts;
mod sign;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ports::DriverError;
use ports::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};
use time::OffsetDateTime;

use self::list::Page;
pub use self::options::{S3Error, S3Options};
use self::sign::Signed;
use crate::http::{Http, HttpError, Reply};
use crate::object::remote::{self, Asked, MAX_OBJECT_BYTES, MAX_PAGE_BYTES, Question, encode, hex, refusal};

/// The class by which Cinder's configuration and rows name this store.
pub const SERVICE: &str = "cinder.backup.drivers.s3.S3BackupDriver";

/// Objects in buckets.
#[derive(Debug)]
pub struct S3Store {
    http: Http,
    options: S3Options,
}

/// A request but for its signature.
#[derive(Default)]
struct Call<'c> {
    method: &'static str,
    bucket: &'c str,
    key: Option<&'c str>,
    /// In the order of their names.
    query: &'c [(&'c str, &'c str)],
    headers: &'c [(&'c str, &'c str)],
    body: Option<&'c [u8]>,
    /// Largest answer, in bytes.
    most_bytes: u64,
}

impl S3Store {
    /// The store that `options` name. Nobody is asked yet.
    ///
    /// # Errors
    /// The authorities to trust, or the proxy, cannot be read.
    pub fn new(options: S3Options) -> Result<Self, HttpError> {
        Ok(Self { http: Http::new(&options.http)?, options })
    }

    fn ask(&self, doing: &str, call: &Call<'_>) -> Result<Reply, DriverError> {
        let key = call.key.map(|key| format!("/{}", encode(key, false))).unwrap_or_default();
        let path = format!("{}/{}{key}", self.options.path, encode(call.bucket, true));
        let query: Vec<String> =
            call.query.iter().map(|(name, value)| format!("{name}={}", encode(value, true))).collect();
        let query = query.join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}://{}{path}{mark}{query}", self.options.scheme, self.options.host);
        let mut headers = call.headers.to_vec();
        if call.key.is_some() && call.method != "DELETE" {
            headers.extend(
                self.options.customer_key.iter().map(|(name, value)| (*name, value.expose().as_str())),
            );
        }
        self.options.tries.ask(doing, || {
            let mut signed = headers.clone();
            signed.push(("host", self.options.host.as_str()));
            let body = call.body.unwrap_or_default();
            let request = Signed { method: call.method, path: &path, query: &query, headers: &signed, body };
            let signature = self.options.signer.sign(&request, OffsetDateTime::now_utc());
            let mut all = headers.clone();
            all.extend(signature.iter().map(|(name, value)| (*name, value.as_str())));
            self.http.exchange((call.method, &url), &all, call.body, call.most_bytes)
        })
    }

    fn ensure_bucket(&self, bucket: &str) -> Result<(), DriverError> {
        let doing = format!("looking for the bucket {bucket}");
        let most_bytes = MAX_PAGE_BYTES;
        let found = self.ask(&doing, &Call { method: "HEAD", bucket, most_bytes, ..Call::default() })?;
        if found.is_success() {
            return Ok(());
        }
        if found.status != 404 {
            return Err(refusal(&doing, &found, 0));
        }
        let doing = format!("making the bucket {bucket}");
        if !self.options.makes_bucket {
            return Err(DriverError::Refused(format!("there is no bucket {bucket}")));
        }
        // Every region but the first wants to be named.
        let region = &self.options.signer.region;
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        );
        let body = if region == options::FIRST_REGION { "" } else { place.as_str() };
        let body = Some(body.as_bytes());
        let made = self.ask(&doing, &Call { method: "PUT", bucket, body, most_bytes, ..Call::default() })?;
        let is_there = list::code(&made.body).is_some_and(|code| code == "BucketAlreadyOwnedByYou");
        if made.is_success() || is_there { Ok(()) } else { Err(refusal(&doing, &made, 0)) }
    }

    fn put_once(&self, object: &ObjectName, bytes: &[u8], sum: &[u8; 16]) -> Result<Reply, DriverError> {
        let base64 = STANDARD.encode(sum);
        let headers = [("content-md5", base64.as_str())];
        let headers = if self.options.sends_md5 { &headers[..] } else { &[] };
        let call = Call {
            method: "PUT",
            bucket: object.container(),
            key: Some(object.name()),
            headers,
            body: Some(bytes),
            most_bytes: MAX_PAGE_BYTES,
            ..Call::default()
        };
        self.ask(&format!("putting {object}"), &call)
    }
}

impl Asked for S3Store {
    fn ask_about(
        &self,
        object: &ObjectName,
        doing: &str,
        asked: &Question<'_>,
    ) -> Result<Reply, DriverError> {
        let &Question { method, headers, most_bytes } = asked;
        let (bucket, key) = (object.container(), Some(object.name()));
        self.ask(doing, &Call { method, bucket, key, headers, most_bytes, ..Call::default() })
    }
}

impl BackupStore for S3Store {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            service: SERVICE,
            max_object_bytes: MAX_OBJECT_BYTES,
            container_per_backup: false,
            lists_at_once: true,
        }
    }

    fn container(&self) -> Option<&str> {
        Some(&self.options.bucket)
    }

    fn check(&self) -> Result<(), DriverError> {
        self.ensure_bucket(&self.options.bucket)
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        let sum = remote::md5(bytes);
        let mut reply = self.put_once(object, bytes, &sum)?;
        if reply.status == 404 {
            self.ensure_bucket(object.container())?;
            reply = self.put_once(object, bytes, &sum)?;
        }
        if !reply.is_success() {
            let is_full = list::code(&reply.body)
                .is_some_and(|code| code.contains("StorageFull") || code.contains("QuotaExceeded"));
            if is_full {
                return Err(DriverError::NoSpace { asked_bytes: bytes.len() as u64, free_bytes: 0 });
            }
            return Err(refusal(&format!("putting {object}"), &reply, bytes.len()));
        }
        // With a customer's key the tag is no sum of what was put.
        let tag = reply.header("etag").map(|tag| tag.trim_matches('"'));
        let is_other = tag.is_some_and(|tag| tag.len() == 32 && tag != hex(&sum));
        if is_other && self.options.customer_key.is_empty() {
            return Err(DriverError::Io {
                what: format!("putting {object}"),
                source: std::io::Error::other("the store received other bytes"),
            });
        }
        Ok(())
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        remote::get(self, object, most_bytes)
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        remote::get_range(self, object, offset_bytes, buffer)
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        let doing = format!("listing {container}");
        // A name that cannot be one leads nowhere.
        if !ObjectName::is_container(container) || container.contains('/') {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let after = next.as_deref().map(|token| ("continuation-token", token));
            let query: Vec<_> = after.into_iter().chain([("list-type", "2"), ("prefix", prefix)]).collect();
            let call = Call {
                method: "GET",
                bucket: container,
                query: &query,
                most_bytes: MAX_PAGE_BYTES,
                ..Call::default()
            };
            let Some(page) = remote::page(&doing, &self.ask(&doing, &call)?, Page::read)? else {
                return Ok(Vec::new());
            };
            found.extend(page.found);
            if page.next.is_none() || page.next == next {
                break;
            }
            next = page.next;
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        remote::remove(self, object)
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        // What was not put as a whole is not there.
        Ok(0)
    }
}
