//! Nova.

use config::Section;
use ports::{Compute, ComputeError, ComputeEvent, Whereabouts};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::keystone::{Login, Session, SessionError};

/// Nova's types in the catalog, the current one first.
const TYPES: &[&str] = &["compute"];
/// The revision of the compute API that shows the identifier of our attachment (`attachment_id`), and knows the
/// events; later ones add nothing that is read here.
const ATTACHMENTS_VERSION: (&str, &str) = ("openstack-api-version", "compute 2.89");
/// The revision that knows the event.
const EXTENDED_VERSION: (&str, &str) = ("openstack-api-version", "compute 2.51");
/// The revision that is asked to swap volumes, and where a server runs: the oldest, whose requests have changed least.
const OLDEST_VERSION: (&str, &str) = ("openstack-api-version", "compute 2.1");
const REIMAGED_VERSION: (&str, &str) = ("openstack-api-version", "compute 2.93");

/// Nova, asked by a privileged user of ours.
#[derive(Debug)]
pub struct Nova {
    session: Session,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(rename = "volumeAttachment")]
    attachment: Attachment,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    attachment_id: Option<String>,
}

#[derive(Deserialize)]
struct ShownServer {
    server: Server,
}

#[derive(Deserialize)]
struct Server {
    /// Absent for users that are not told.
    #[serde(default, rename = "OS-EXT-SRV-ATTR:host", deserialize_with = "present")]
    host: Option<Option<String>>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    events: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    code: u16,
}

impl Nova {
    /// Nova under `session`.
    #[must_use]
    pub const fn new(session: Session) -> Self {
        Self { session }
    }

    /// What the section `[nova]` describes; none when it names no `auth_url`. With the token of `service_user`, if there
    /// is one.
    ///
    /// # Errors
    /// The section is wrong.
    pub fn from_section(
        section: &Section<'_>,
        service_user: Option<Login>,
    ) -> Result<Option<Self>, SessionError> {
        let session = Session::from_section(section, TYPES)?;
        Ok(session.map(|session| Self::new(session.vouched_for_by(service_user))))
    }
}

impl Compute for Nova {
    fn attachment_of(&self, server: &str, volume: &str) -> Result<Option<String>, ComputeError> {
        let path = format!("/servers/{server}/os-volume_attachments/{volume}");
        let reply = self.session.send("GET", &path, &[ATTACHMENTS_VERSION], None).map_err(unavailable)?;
        match reply.status {
            200 => {
                let shown: Shown = reply.json().map_err(|error| unavailable(error.into()))?;
                Ok(shown.attachment.attachment_id)
            }
            404 => Ok(None),
            status => Err(ComputeError::Refused { status }),
        }
    }

    fn whereabouts_of(&self, server: &str) -> Result<Whereabouts, ComputeError> {
        let path = format!("/servers/{server}");
        let reply = self.session.send("GET", &path, &[OLDEST_VERSION], None).map_err(unavailable)?;
        match reply.status {
            200 => {
                let shown: ShownServer = reply.json().map_err(|error| unavailable(error.into()))?;
                Ok(match shown.server.host {
                    None => Whereabouts::Hidden,
                    Some(None) => Whereabouts::Nowhere,
                    Some(Some(host)) => Whereabouts::On(host),
                })
            }
            status => Err(ComputeError::Refused { status }),
        }
    }

    fn swap_volume(&self, server: &str, old: &str, new: &str) -> Result<(), ComputeError> {
        let path = format!("/servers/{server}/os-volume_attachments/{old}");
        let body = json!({"volumeAttachment": {"volumeId": new}});
        let reply = self.session.send("PUT", &path, &[OLDEST_VERSION], Some(&body)).map_err(unavailable)?;
        match reply.status {
            200..=299 => Ok(()),
            status => Err(ComputeError::Refused { status }),
        }
    }

    fn tell(&self, event: ComputeEvent, servers: &[String], volume: &str) -> Result<(), ComputeError> {
        let events: Vec<Value> = servers
            .iter()
            .map(|server| json!({"name": event.name(), "server_uuid": server, "tag": volume}))
            .collect();
        let version = match event {
            ComputeEvent::VolumeExtended => EXTENDED_VERSION,
            ComputeEvent::VolumeReimaged => REIMAGED_VERSION,
        };
        let body = json!({"events": events});
        let reply = self
            .session
            .send("POST", "/os-server-external-events", &[version], Some(&body))
            .map_err(unavailable)?;
        match reply.status {
            200 => Ok(()),
            // Some servers did not take it: those that are gone, or on no host, need not know.
            207 => {
                let told: Told = reply.json().map_err(|error| unavailable(error.into()))?;
                let refused = told.events.iter().map(|one| one.code).find(|code| *code >= 500);
                refused.map_or(Ok(()), |status| Err(ComputeError::Refused { status }))
            }
            // None of the servers is there.
            404 => Ok(()),
            status => Err(ComputeError::Refused { status }),
        }
    }
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn unavailable(error: SessionError) -> ComputeError {
    ComputeError::Unavailable(error.to_string())
}
