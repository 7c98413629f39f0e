//! Who may detach what a server uses (CVE-2023-2088): an attachment that goes away under a running server leaves a device
//! behind on its host that may later show another volume. Nova detaches first, so only Nova, who comes as a service, may
//! delete what a server is connected by.

use std::sync::Arc;

use model::{Attachment, Refusal};
use ports::ComputeError;

use crate::{Desk, Refused};

/// Who detaches.
#[derive(Debug, Clone, Copy)]
pub struct Detacher {
    /// Whether the request carries the token of a service.
    pub is_service: bool,
}

impl Detacher {
    /// Whether `attachment`, or a volume of which it is not known by which attachment, may be detached.
    ///
    /// # Errors
    /// 409 when a server uses it; 503 when Nova has to be asked and cannot be.
    pub(super) async fn check(self, desk: &Desk, attachment: Option<&Attachment>) -> Result<(), Refused> {
        if self.is_service {
            return Ok(());
        }
        let Some(attachment) = attachment else { return Err(in_use("").into()) };
        let Some(server) = &attachment.instance_uuid else { return Ok(()) };
        if attachment.connection_info.is_none() {
            return Ok(());
        }
        let Some(compute) = desk.compute.clone() else { return Err(in_use(server).into()) };
        let (id, asked, volume) =
            (attachment.id.to_string(), server.clone(), attachment.volume_id.to_string());
        let known =
            tokio::task::spawn_blocking(move || Arc::clone(&compute).attachment_of(&asked, &volume)).await;
        match known {
            Ok(Ok(by)) if by.as_deref() == Some(id.as_str()) => Err(in_use(server).into()),
            Ok(Ok(_)) => {
                tracing::warn!(
                    attachment = id,
                    server,
                    "Nova knows nothing of it; its host may keep a device"
                );
                Ok(())
            }
            Ok(Err(error)) => Err(unavailable(&error).into()),
            Err(error) => Err(Refusal::Unavailable(format!("Nova cannot be asked: {error}")).into()),
        }
    }
}

fn in_use(server: &str) -> Refusal {
    Refusal::Conflict(format!(
        "ConflictNovaUsingAttachment: Detach volume from instance {server} using the Compute API"
    ))
}

fn unavailable(error: &ComputeError) -> Refusal {
    tracing::error!(%error, "cannot ask Nova whether a server uses an attachment");
    Refusal::Unavailable(error.to_string())
}
