//! Attachments.

use model::{Attachment, Timestamp};

use super::{Growing, Raw, one};
use crate::json::write::{Json, Object, object};
use crate::links::Around;

/// What is shown of the mode of an attachment of which nobody has said how.
const NO_MODE: &str = "null";

/// `{"attachment": {…}}`
#[must_use]
pub fn detail(attachment: &Attachment) -> Vec<u8> {
    one("attachment", |pairs| write_detail(pairs, attachment))
}

/// `{"attachments": [{…}]}`: no more than who uses what.
#[must_use]
pub fn summaries(attachments: &[Attachment]) -> Vec<u8> {
    list(attachments, write_summary)
}

/// `{"attachments": [{…}]}`
#[must_use]
pub fn details(attachments: &[Attachment]) -> Vec<u8> {
    list(attachments, write_detail)
}

fn list(attachments: &[Attachment], write: fn(&mut Object<'_>, &Attachment)) -> Vec<u8> {
    let mut list = Growing::new("attachments", "attachments_links");
    for attachment in attachments {
        list.add(|out| object(out, |pairs| write(pairs, attachment)));
    }
    // The service has never shown where the next page is.
    list.end(&Around { next: None, count: None })
}

fn write_summary(pairs: &mut Object<'_>, attachment: &Attachment) {
    pairs
        .put("id", attachment.id)
        .put("status", attachment.status)
        .put("instance", attachment.instance_uuid.as_deref())
        .put("volume_id", attachment.volume_id);
}

fn write_detail(pairs: &mut Object<'_>, attachment: &Attachment) {
    write_summary(pairs, attachment);
    pairs
        .put("attached_at", Raw(|out| write_time(out, attachment.attached_at)))
        .put("detached_at", "")
        .put("attach_mode", attachment.mode.map_or(NO_MODE, model::AttachMode::as_str))
        .put("connection_info", Raw(|out| write_info(out, attachment)));
}

/// A time that is not there is shown as an empty text.
fn write_time(out: &mut Vec<u8>, at: Option<Timestamp>) {
    match at {
        Some(at) => at.write(out),
        None => "".write(out),
    }
}

fn write_info(out: &mut Vec<u8>, attachment: &Attachment) {
    match &attachment.connection_info {
        Some(info) => out.extend_from_slice(info.to_json().as_bytes()),
        None => out.extend_from_slice(b"{}"),
    }
}
