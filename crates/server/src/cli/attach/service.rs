//! The Block Storage API, as the agent asks it.

use attach::agent::{Service, ServiceError, Shown};
use attach::hypervisor::Passphrase;
use attach::initiator::Encryption;
use backends::http::Reply;
use backends::keystone::Session;
use model::encryption::format_of;
use model::secret::Secret;
use model::{Connector, GIB, KeyId, VolumeId};
use serde_json::{Map, Value, json};

use super::cloud::Sessions;
use crate::cli::chain;

/// The microversion that is spoken: the first in which an attachment is made with its mode.
const VERSION: (&str, &str) = ("openstack-api-version", "volume 3.54");

/// The fault that says that something is not there.
const NOT_FOUND: u16 = 404;
const NOT_FOUND_NAME: &str = "itemNotFound";

/// The Block Storage API of a cloud.
pub(super) struct BlockStorage {
    session: Session,
    keys: Session,
}

impl BlockStorage {
    /// The service of a cloud.
    pub(super) fn new(sessions: Sessions) -> Self {
        Self { session: sessions.storage, keys: sessions.keys }
    }

    /// The volume of this identifier or name.
    pub(super) fn volume(&self, named: &str) -> Result<VolumeId, ServiceError> {
        if let Ok(id) = named.parse() {
            return Ok(id);
        }
        let listed = self.ask("GET", "/volumes/detail", None)?;
        let ids: Vec<VolumeId> = array(&listed, "volumes")
            .iter()
            .filter(|volume| volume["name"] == named)
            .filter_map(|volume| volume["id"].as_str()?.parse().ok())
            .collect();
        match ids[..] {
            [id] => Ok(id),
            [] => Err(ServiceError::Refused { status: 404, message: format!("there is no volume {named}") }),
            _ => Err(ServiceError::Refused {
                status: 409,
                message: format!("{} volumes are called {named}: name one by its identifier", ids.len()),
            }),
        }
    }

    /// A volume as the service shows it.
    pub(super) fn show_volume(&self, volume: VolumeId) -> Result<Value, ServiceError> {
        Ok(self.ask("GET", &format!("/volumes/{volume}"), None)?["volume"].take())
    }

    fn ask(&self, method: &'static str, path: &str, body: Option<&Value>) -> Result<Value, ServiceError> {
        let reply = self.session.send(method, path, &[VERSION], body);
        let reply = reply.map_err(|error| ServiceError::Unknown(chain(&error)))?;
        if !reply.is_success() {
            return Err(refusal(&reply));
        }
        if reply.body.is_empty() {
            return Ok(Value::Null);
        }
        reply.json().map_err(|error| ServiceError::Unknown(chain(&error)))
    }

    /// What opens the content that is encrypted with the key `id`: its digits, as Nova has it.
    fn passphrase(&self, id: &str) -> Result<Passphrase, ServiceError> {
        let path = format!("/v1/secrets/{id}/payload");
        let reply = self.keys.send("GET", &path, &[("accept", "application/octet-stream")], None);
        let reply =
            reply.map_err(|error| ServiceError::Unknown(format!("key manager: {}", chain(&error))))?;
        if !reply.is_success() {
            let message = format!("the key manager does not give the key {id}");
            return Err(ServiceError::Refused { status: reply.status, message });
        }
        let key = Secret::new(reply.body);
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).map_or(b'0', |digit| digit as u8);
        let digits = key.expose().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        Ok(Passphrase::new(digits.collect()))
    }
}

/// What an answer that is no success means. A service that is in trouble itself may have done what it says it could not; and
/// what is no fault of the Block Storage API's is not its word: a proxy answers in its place, or the address is another's.
fn refusal(reply: &Reply) -> ServiceError {
    let (status, fault) = (reply.status, fault(reply));
    match fault {
        Some(message) if status < 500 => ServiceError::Refused { status, message },
        Some(message) => ServiceError::Unknown(format!("status {status}: {message}")),
        None => ServiceError::Unknown(format!("status {status}, and no fault of the Block Storage API")),
    }
}

/// The message of a fault: `{"itemNotFound": {"code": 404, "message": "…"}}`.
fn fault(reply: &Reply) -> Option<String> {
    let said = reply.json::<Map<String, Value>>().ok()?;
    let mut said = said.iter();
    let (Some((name, fault)), None) = (said.next(), said.next()) else { return None };
    let is_about = reply.status != NOT_FOUND || name == NOT_FOUND_NAME;
    (is_about && fault["code"] == reply.status).then_some(())?;
    fault["message"].as_str().map(str::to_owned)
}

fn array<'a>(body: &'a Value, key: &str) -> &'a [Value] {
    body[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn shown(attachment: &Value) -> Shown {
    let text = |key: &str| attachment[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Shown {
        id: text("id").unwrap_or_default(),
        status: text("status").unwrap_or_default(),
        instance: text("instance"),
        connection_info: attachment["connection_info"].as_object().cloned().unwrap_or_default(),
        attached_at: text("attached_at"),
    }
}

impl Service for BlockStorage {
    fn attachments(&self, volume: VolumeId) -> Result<Vec<Shown>, ServiceError> {
        let listed = self.ask("GET", &format!("/attachments/detail?volume_id={volume}"), None)?;
        Ok(array(&listed, "attachments").iter().map(shown).collect())
    }

    fn show(&self, attachment: &str) -> Result<Option<Shown>, ServiceError> {
        match self.ask("GET", &format!("/attachments/{attachment}"), None) {
            Err(error) if error.is_not_found() => Ok(None),
            answer => Ok(Some(shown(&answer?["attachment"]))),
        }
    }

    fn reserve(&self, volume: VolumeId, read_only: bool) -> Result<String, ServiceError> {
        let mode = if read_only { "ro" } else { "rw" };
        let body = json!({"attachment": {"volume_uuid": volume, "mode": mode}});
        let made = shown(&self.ask("POST", "/attachments", Some(&body))?["attachment"]);
        if made.id.is_empty() {
            return Err(ServiceError::Unknown("an attachment without an identifier".to_owned()));
        }
        Ok(made.id)
    }

    fn offer(&self, attachment: &str, connector: &Connector) -> Result<Map<String, Value>, ServiceError> {
        let body = json!({"attachment": {"connector": connector.as_map()}});
        let made = self.ask("PUT", &format!("/attachments/{attachment}"), Some(&body))?;
        Ok(shown(&made["attachment"]).connection_info)
    }

    fn complete(&self, attachment: &str) -> Result<(), ServiceError> {
        let body = json!({"os-complete": null});
        self.ask("POST", &format!("/attachments/{attachment}/action"), Some(&body)).map(drop)
    }

    fn release(&self, attachment: &str) -> Result<(), ServiceError> {
        match self.ask("DELETE", &format!("/attachments/{attachment}"), None) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    fn is_shared(&self, volume: VolumeId) -> Result<bool, ServiceError> {
        Ok(self.show_volume(volume)?["multiattach"].as_bool().unwrap_or_default())
    }

    fn encryption(&self, volume: VolumeId) -> Result<Encryption, ServiceError> {
        let said = self.ask("GET", &format!("/volumes/{volume}/encryption"), None)?;
        let text = |key: &str| said[key].as_str().map(str::to_owned);
        let unknown = |what: &str| ServiceError::Unknown(format!("an encrypted volume without {what}"));
        let key: KeyId = text("encryption_key_id")
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| unknown("the identifier of its key"))?;
        Ok(Encryption {
            format: format_of(&text("provider").ok_or_else(|| unknown("a provider"))?).to_owned(),
            cipher: text("cipher"),
            key_bits: said["key_size"].as_u64(),
            passphrase: self.passphrase(&key.to_string())?,
        })
    }

    fn size_bytes(&self, volume: VolumeId) -> Result<Option<u64>, ServiceError> {
        match self.show_volume(volume) {
            Err(error) if error.is_not_found() => Ok(None),
            shown => Ok(shown?["size"].as_u64().and_then(|size_gib| size_gib.checked_mul(GIB))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use backends::http::{Http, HttpOptions};
    use backends::keystone::{Domain, Login, Scope, Service as Catalogued};

    use super::*;

    /// A service at whose address everything but a login is answered so.
    fn answering(status: &'static str, body: &'static str) -> BlockStorage {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut first, mut length) = (String::new(), 0);
                reader.read_line(&mut first).unwrap();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.trim().to_ascii_lowercase();
                    match line.strip_prefix("content-length: ") {
                        Some(text) => length = text.parse().unwrap(),
                        None if line.is_empty() => break,
                        None => {}
                    }
                }
                reader.read_exact(&mut vec![0; length]).unwrap();
                let (status, body) = match first.starts_with("POST /v3/auth/tokens") {
                    true => ("201 Created\r\nX-Subject-Token: t", r#"{"token": {"catalog": []}}"#),
                    false => (status, body),
                };
                let size = body.len();
                let head =
                    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n");
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        let domain = Domain::Id("default".to_owned());
        let login = Login {
            auth_url: url.clone(),
            username: "u".to_owned(),
            password: Secret::new("p".to_owned()),
            user_domain: domain.clone(),
            scope: Scope::Project { name: "p".to_owned(), domain },
        };
        let session = || {
            let service = Catalogued { endpoint: Some(url.clone()), ..Catalogued::default() };
            Session::new(Http::new(&HttpOptions::default()).unwrap(), login.clone(), service)
        };
        BlockStorage { session: session(), keys: session() }
    }

    #[test]
    fn only_its_own_fault_says_that_an_attachment_is_gone() {
        let own = r#"{"itemNotFound": {"code": 404, "message": "Volume attachment could not be found."}}"#;
        assert_eq!(answering("404 Not Found", own).show("id"), Ok(None));
        for (status, body) in [
            ("404 Not Found", "<html><h1>404 Not Found</h1><hr>nginx</html>"),
            ("404 Not Found", ""),
            ("404 Not Found", "{}"),
            ("404 Not Found", r#"{"error": {"code": 404, "message": "Could not find token."}}"#),
            ("404 Not Found", r#"{"itemNotFound": {"code": 400, "message": "x"}}"#),
            ("404 Not Found", r#"{"itemNotFound": {"code": 404}}"#),
            ("404 Not Found", r#"{"itemNotFound": {"code": 404, "message": "x"}, "and": {}}"#),
            ("403 Forbidden", "blocked by the proxy"),
            ("503 Service Unavailable", own),
        ] {
            let asked = answering(status, body);
            assert!(matches!(asked.show("id"), Err(ServiceError::Unknown(_))), "{status} {body}");
            let volume = VolumeId::random();
            assert!(matches!(asked.size_bytes(volume), Err(ServiceError::Unknown(_))), "{status} {body}");
            assert!(matches!(asked.release("id"), Err(ServiceError::Unknown(_))), "{status} {body}");
        }
        let forbidden = r#"{"forbidden": {"code": 403, "message": "no"}}"#;
        let refused = answering("403 Forbidden", forbidden).show("id").unwrap_err();
        assert_eq!(refused, ServiceError::Refused { status: 403, message: "no".to_owned() });
    }
}
