//! The Image API, spoken plainly.

use serde_json::{Value, json};

use crate::http::Reply;
use crate::server::Server;
use crate::session::Session;
use crate::wait::{self, PATIENCE};

/// The image service, as a logged-in user.
#[derive(Clone, Debug)]
pub struct Images {
    session: Session,
    root: String,
}

impl Images {
    /// The image service of `server`.
    pub fn of(server: &Server, session: &Session) -> Self {
        let root = format!("http://127.0.0.1:{}/v2/images", server.ports()[2]);
        Self { session: session.clone(), root }
    }

    /// A record without data; its id.
    ///
    /// # Panics
    /// If it is refused.
    #[track_caller]
    pub fn create(&self, disk_format: &str, container_format: &str) -> String {
        let fields =
            json!({"name": "image", "disk_format": disk_format, "container_format": container_format});
        let made = self.session.post(&self.root, &fields).expect(201).json();
        made["id"].as_str().expect("an image id").to_owned()
    }

    /// Sends data; whatever comes back.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn put(&self, id: &str, bytes: &[u8]) -> Reply {
        self.send_bytes(&format!("{id}/file"), bytes)
    }

    /// Sends data that wait for their import; whatever comes back.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn stage(&self, id: &str, bytes: &[u8]) -> Reply {
        self.send_bytes(&format!("{id}/stage"), bytes)
    }

    fn send_bytes(&self, path: &str, bytes: &[u8]) -> Reply {
        let request = self.session.request("PUT", &format!("{}/{path}", self.root));
        request.body("application/octet-stream", bytes.to_vec()).send().expect("an answer")
    }

    /// An image with data; its id.
    ///
    /// # Panics
    /// If it is refused.
    #[track_caller]
    pub fn upload(&self, disk_format: &str, container_format: &str, bytes: &[u8]) -> String {
        let id = self.create(disk_format, container_format);
        self.put(&id, bytes).expect(204);
        id
    }

    /// The record.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        self.session.get(&format!("{}/{id}", self.root))
    }

    /// All of the data.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn download(&self, id: &str) -> Vec<u8> {
        self.session.send("GET", &format!("{}/{id}/file", self.root)).expect(200).body
    }

    /// Has an image imported by `method`.
    ///
    /// # Panics
    /// If the import is not accepted.
    #[track_caller]
    pub fn import(&self, id: &str, method: &Value) {
        let url = format!("{}/{id}/import", self.root);
        self.session.post(&url, &json!({"method": method})).expect(202);
    }

    /// Waits for the end of the import of an image; its task.
    ///
    /// # Panics
    /// If it does not end.
    #[track_caller]
    pub fn await_import(&self, id: &str) -> Value {
        wait::until(PATIENCE, "the import ends", || {
            let tasks = self.session.get(&format!("{}/{id}/tasks", self.root));
            let task = tasks["tasks"].as_array()?.first()?.clone();
            matches!(task["status"].as_str()?, "success" | "failure").then_some(task)
        })
    }

    /// Deletes it.
    ///
    /// # Panics
    /// If that is refused.
    #[track_caller]
    pub fn remove(&self, id: &str) {
        self.session.delete(&format!("{}/{id}", self.root)).expect(204);
    }
}
