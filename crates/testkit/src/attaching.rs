//! Requests to attach and detach. Their answers wait for the storage; a client goes away as soon as something was
//! injected, as one does whose server has died.

use std::time::Duration;

use model::{AttachStatus, Attachment, AttachmentId, Connector, Refusal, VolumeId};
use operations::attachment::{self, Create, Detacher, legacy};
use operations::{Refused, volume};
use ports::chaos::Faults;
use serde_json::{Map, Value, json};

use crate::Process;
use crate::client::requester;

/// How often a client looks whether its server has died.
pub(crate) const LOOK: Duration = Duration::from_millis(1);
/// A service, which may always detach.
const SERVICE: Detacher = Detacher { is_service: true };

/// A host of this name.
#[must_use]
pub fn host(name: &str) -> Connector {
    let json = json!({"host": name, "initiator": format!("iqn.1993-08.org.example:{name}")});
    Connector::new(json.as_object().unwrap().clone()).unwrap()
}

/// The server that uses what [`Process::attach_to_server`] attaches.
pub const SERVER: &str = "462dcc2d-130d-4654-8db1-da0df2da6a0d";

fn asked(volume_id: VolumeId, connector: Option<Connector>) -> Create {
    Create { volume_id, instance_uuid: None, connector, mode: None, no_bootable_multiattach: None }
}

/// Each accepts a request and waits for its answer, or says why not.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    /// Promises a volume, or lets a host in at once.
    pub fn attach(&self, volume: VolumeId, connector: Option<Connector>) -> Result<AttachmentId, Refused> {
        let attached = self.ask(attachment::create(&self.desk, &requester(), asked(volume, connector)))?;
        Ok(attached.id)
    }

    /// Lets the host of a server in, and notes that it is attached.
    pub fn attach_to_server(&self, volume: VolumeId, host: Connector) -> Result<AttachmentId, Refused> {
        let asked = Create { instance_uuid: Some(SERVER.to_owned()), ..asked(volume, Some(host)) };
        let id = self.ask(attachment::create(&self.desk, &requester(), asked))?.id;
        self.complete(id)?;
        Ok(id)
    }

    /// Promises a volume to a server.
    pub fn promise_to_server(&self, volume: VolumeId) -> Result<AttachmentId, Refused> {
        let asked = Create { instance_uuid: Some(SERVER.to_owned()), ..asked(volume, None) };
        Ok(self.ask(attachment::create(&self.desk, &requester(), asked))?.id)
    }

    /// Lets a host in to what was promised.
    pub fn connect(&self, id: AttachmentId, connector: Connector) -> Result<(), Refused> {
        self.ask(attachment::update(&self.desk, &requester(), id, connector)).map(drop)
    }

    pub fn complete(&self, id: AttachmentId) -> Result<(), Refused> {
        self.ask(attachment::complete(&self.desk, &requester(), id))
    }

    pub fn detach(&self, id: AttachmentId) -> Result<(), Refused> {
        self.ask(attachment::delete(&self.desk, &requester(), SERVICE, id)).map(drop)
    }

    pub fn reserve(&self, id: VolumeId) -> Result<(), Refused> {
        self.ask(legacy::reserve(&self.desk, &requester(), id))
    }

    pub fn initialize_connection(
        &self,
        id: VolumeId,
        host: Connector,
    ) -> Result<Map<String, Value>, Refused> {
        self.ask(legacy::initialize_connection(&self.desk, &requester(), id, host))
    }

    pub fn terminate_connection(&self, id: VolumeId, host: Option<Connector>) -> Result<(), Refused> {
        self.ask(legacy::terminate_connection(&self.desk, &requester(), SERVICE, id, host))
    }

    /// Notes, in the older way, that a host has a volume.
    pub fn note_attached(&self, id: VolumeId, host: &str) -> Result<(), Refused> {
        let asked = legacy::Attach {
            instance_uuid: None,
            host_name: Some(host.to_owned()),
            mountpoint: "/dev/vdb".to_owned(),
            mode: model::AttachMode::ReadWrite,
        };
        self.ask(legacy::attach(&self.desk, &requester(), id, asked))
    }

    /// Notes, in the older way, that nobody has it.
    pub fn note_detached(&self, id: VolumeId) -> Result<(), Refused> {
        self.ask(legacy::detach(&self.desk, &requester(), SERVICE, id, None))
    }

    /// Says by hand that nobody has a volume.
    pub fn forget_attachments(&self, id: VolumeId) -> Result<(), Refused> {
        let reset = volume::edit::Reset {
            attach_status: Some(AttachStatus::Detached),
            ..volume::edit::Reset::default()
        };
        self.run(volume::edit::reset_status(&self.desk, &requester(), id, reset))
    }

    /// Several hosts that attach one volume at once, each through an attachment of its own; the answers in their order.
    pub fn attach_all(&self, volume: VolumeId, hosts: Vec<Connector>) -> Vec<Result<AttachmentId, Refused>> {
        let attach = |connector| {
            let desk = self.desk.clone();
            async move {
                let made = attachment::create(&desk, &requester(), asked(volume, Some(connector))).await;
                made.map(|attachment| attachment.id)
            }
        };
        self.run(all(hosts.into_iter().map(attach).collect()))
    }

    /// Begins to let a host in to what was promised; nobody waits for the answer once the value is dropped.
    pub fn connect_unattended(&self, id: AttachmentId, connector: Connector) -> tokio::task::JoinSet<()> {
        let desk = self.desk.clone();
        self.run(async move {
            let mut task = tokio::task::JoinSet::new();
            task.spawn(async move {
                // Whatever the answer, the rows say what has become of it.
                let _ = attachment::update(&desk, &requester(), id, connector).await;
            });
            task
        })
    }

    /// Several attachments that are deleted at once.
    pub fn detach_all(&self, ids: Vec<AttachmentId>) -> Vec<Result<(), Refused>> {
        let detach = |id| {
            let desk = self.desk.clone();
            async move { attachment::delete(&desk, &requester(), SERVICE, id).await.map(drop) }
        };
        self.run(all(ids.into_iter().map(detach).collect()))
    }

    /// The attachments of a volume.
    #[must_use]
    pub fn attachments(&self, id: VolumeId) -> Vec<Attachment> {
        self.read(move |conn| store::attachments::of_volume(conn, id))
    }

    /// The names of the hosts that are let in to a volume on a simulated backend.
    #[must_use]
    pub fn let_in(&self, id: VolumeId) -> Vec<String> {
        let of_it = self.exports().into_iter().filter(|(volume, _)| *volume == id.to_string());
        let hosts = of_it.flat_map(|(_, hosts)| hosts.as_array().cloned().unwrap_or_default());
        hosts.filter_map(|host| host["host"].as_str().map(str::to_owned)).collect()
    }

    /// Has simulated backends forget whom they let in, as a target daemon does that is started anew.
    pub fn lose_exports(&self) {
        for file in &self.exports {
            // Where nobody was let in there is none.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Has the volumes of a backend exported anew.
    pub fn export_anew(&self, backend: &str) -> Result<(), Refused> {
        let (desk, backend) = (self.desk.clone(), backend.to_owned());
        self.ask(async move {
            let host = backend.clone();
            desk.store.write(move |conn| attachment::export::admit_all(conn, &host)).await?;
            desk.hints.give(&operations::volume_queue(&backend));
            Ok(())
        })
    }

    fn ask<T>(&self, request: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
        self.run(answered(&self.faults, request))
    }
}

/// What is answered, unless the server dies before.
pub(crate) async fn answered<T>(
    faults: &Faults,
    request: impl Future<Output = Result<T, Refused>>,
) -> Result<T, Refused> {
    let died = async {
        while faults.hit().is_none() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        biased;
        answered = request => answered,
        () = died => Err(Refusal::Unavailable("nobody answers".to_owned()).into()),
    }
}

/// What several futures answer that run at once, in their order.
async fn all<T: Send + 'static>(futures: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let mut tasks = tokio::task::JoinSet::new();
    let running: Vec<_> = futures.into_iter().map(|future| tasks.spawn(future).id()).collect();
    let mut answers = std::collections::HashMap::new();
    while let Some(answered) = tasks.join_next_with_id().await {
        let (id, answer) = answered.expect("no request panics");
        answers.insert(id, answer);
    }
    running.iter().filter_map(|id| answers.remove(id)).collect()
}
