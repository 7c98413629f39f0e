//! The stores `swift`: each object is one of a container of an account of OpenStack's object store.
//!
//! We log in ourselves (`backup_swift_auth = single_user`, `swift_store_multi_tenant = false`): what is done for a request goes on when nobody holds the token
//! of whoever asked.

mod account;
mod options;
mod parts;

use ports::DriverError;
use ports::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};
use serde::Deserialize;

use self::account::{Account, Request};
pub use self::options::{SwiftError, SwiftOptions};
use crate::http::Reply;
use crate::object::remote::{
    self, Asked, MAX_OBJECT_BYTES, MAX_PAGE_BYTES, Question, Tries, encode, hex, refusal,
};

/// The class by which Cinder's configuration and rows name this store.
pub const SERVICE: &str = "cinder.backup.drivers.swift.SwiftBackupDriver";

/// Objects in containers of an account.
#[derive(Debug)]
pub struct SwiftStore {
    account: Account,
    container: String,
    makes_container: bool,
    storage_policy: Option<String>,
    tries: Tries,
}

/// An object in a list.
#[derive(Deserialize)]
struct Listed {
    name: String,
    bytes: u64,
}

impl SwiftStore {
    /// The store that `options` name. Nobody is asked yet.
    ///
    /// # Errors
    /// The authorities to trust cannot be read.
    pub fn new(options: SwiftOptions) -> Result<Self, SwiftError> {
        let SwiftOptions { container, makes_container, storage_policy, tries, .. } = options.clone();
        Ok(Self { account: Account::new(options)?, container, makes_container, storage_policy, tries })
    }

    fn ask(
        &self,
        doing: &str,
        (method, path): (&'static str, &str),
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        most_bytes: u64,
    ) -> Result<Reply, DriverError> {
        let request = Request { method, path, headers, body, most_bytes };
        self.tries.ask(doing, || self.account.ask(request))
    }

    fn ensure_container(&self, container: &str) -> Result<(), DriverError> {
        let doing = format!("making the container {container}");
        let policy = self.storage_policy.as_deref().map(|policy| ("x-storage-policy", policy));
        let headers: Vec<_> = policy.into_iter().collect();
        let path = format!("/{}", encode(container, true));
        let found = self.ask(&doing, ("HEAD", &path), &[], None, MAX_PAGE_BYTES)?;
        if found.is_success() {
            return Ok(());
        }
        if found.status != 404 {
            return Err(refusal(&doing, &found, 0));
        }
        if !self.makes_container {
            return Err(DriverError::Refused(format!("there is no container {container}")));
        }
        let made = self.ask(&doing, ("PUT", &path), &headers, Some(b""), MAX_PAGE_BYTES)?;
        if made.is_success() { Ok(()) } else { Err(refusal(&doing, &made, 0)) }
    }
}

fn path(object: &ObjectName) -> String {
    format!("/{}/{}", encode(object.container(), true), encode(object.name(), false))
}

impl Asked for SwiftStore {
    fn ask_about(
        &self,
        object: &ObjectName,
        doing: &str,
        asked: &Question<'_>,
    ) -> Result<Reply, DriverError> {
        let &Question { method, headers, most_bytes } = asked;
        self.ask(doing, (method, &path(object)), headers, None, most_bytes)
    }
}

impl BackupStore for SwiftStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            service: SERVICE,
            max_object_bytes: MAX_OBJECT_BYTES,
            container_per_backup: false,
            // Lists are brought up to date when the servers come to it.
            lists_at_once: false,
        }
    }

    fn container(&self) -> Option<&str> {
        Some(&self.container)
    }

    fn check(&self) -> Result<(), DriverError> {
        self.ensure_container(&self.container)
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        let sum = hex(&remote::md5(bytes));
        let doing = format!("putting {object}");
        // The servers compare what they received with the tag.
        let put = || self.ask(&doing, ("PUT", &path(object)), &[("etag", &sum)], Some(bytes), MAX_PAGE_BYTES);
        let mut reply = put()?;
        if reply.status == 404 {
            self.ensure_container(object.container())?;
            reply = put()?;
        }
        if reply.is_success() { Ok(()) } else { Err(refusal(&doing, &reply, bytes.len())) }
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
        let mut found: Vec<FoundObject> = Vec::new();
        loop {
            let after = found.last().map_or("", |last| last.name.as_str());
            let (after, prefix) = (encode(after, true), encode(prefix, true));
            let path = format!("/{}?format=json&marker={after}&prefix={prefix}", encode(container, true));
            let reply = self.ask(&doing, ("GET", &path), &[], None, MAX_PAGE_BYTES)?;
            let read = |body: &[u8]| serde_json::from_slice::<Vec<Listed>>(body).ok();
            let Some(page) = remote::page(&doing, &reply, read)? else { return Ok(Vec::new()) };
            // Each page begins behind the last name of the one before; one that does not is the last.
            if page.first().is_none_or(|first| found.last().is_some_and(|last| first.name <= last.name)) {
                break;
            }
            found
                .extend(page.into_iter().map(|it| FoundObject { name: it.name, size_bytes: Some(it.bytes) }));
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
