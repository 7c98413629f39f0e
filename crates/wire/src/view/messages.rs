//! User messages.

use model::message::Message;

use super::{Raw, list as list_of, one as one_of};
use crate::json::write::{Object, object};
use crate::links::{Around, Links};

/// `{"message": {…}}`, where messages are kept for `ttl_s` seconds.
#[must_use]
pub fn one(message: &Message, ttl_s: i64, links: &Links) -> Vec<u8> {
    one_of("message", |pairs| write(pairs, message, ttl_s, links))
}

/// `{"messages": [{…}], …}`, in the same way.
#[must_use]
pub fn list<'m>(
    messages: impl IntoIterator<Item = &'m Message>,
    ttl_s: i64,
    links: &Links,
    around: &Around,
) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, message| object(out, |pairs| write(pairs, message, ttl_s, links));
    list_of("messages", "messages_links", messages, item, around)
}

fn write(pairs: &mut Object<'_>, message: &Message, ttl_s: i64, links: &Links) {
    pairs
        .put("id", message.id)
        .put("event_id", &message.event_id)
        .put("user_message", &message.user_message)
        .put("message_level", &message.level)
        .put("created_at", message.created_at)
        .put("guaranteed_until", message.kept_until(ttl_s))
        .put("request_id", message.request_id.as_deref())
        .put("links", Raw(|out| links.write(out, message.id)));
    if !message.resource_type.is_empty() {
        pairs.put("resource_type", &message.resource_type);
    }
    if let Some(resource) = &message.resource_uuid {
        pairs.put("resource_uuid", resource);
    }
}
