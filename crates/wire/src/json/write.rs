//! JSON text straight into a buffer, for replies that may hold a thousand volumes.

use model::{
    AttachStatus, AttachmentId, GroupId, KeyId, MessageId, Metadata, MigrationStatus, ProjectId, QosSpecsId,
    SnapshotId, SnapshotStatus, TemplateId, Timestamp, TransferId, UserId, VolumeId, VolumeStatus,
    VolumeTypeId,
};
use std::io::Write;

/// What has a JSON text.
pub trait Json {
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);
}

/// What has a text that never needs an escape.
pub trait Plain: Json {
    /// Appends it without quotes.
    fn write_plain(&self, out: &mut Vec<u8>);
}

/// The pairs of an object that is being written.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl Object<'_> {
    /// Adds a pair. The key must need no escapes.
    pub fn put(&mut self, key: &'static str, value: impl Json) -> &mut Self {
        self.key(key);
        value.write(self.out);
        self
    }

    /// Adds a pair whose key comes from data.
    pub fn put_dynamic(&mut self, key: &str, value: impl Json) -> &mut Self {
        self.separate();
        key.write(self.out);
        self.out.push(b':');
        value.write(self.out);
        self
    }

    /// Adds a pair whose value is an object.
    pub fn object(&mut self, key: &'static str, pairs: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.key(key);
        object(self.out, pairs);
        self
    }

    /// Adds a pair whose value is an array, an item at a time.
    pub fn array<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        item: impl FnMut(&mut Vec<u8>, T),
    ) -> &mut Self {
        self.key(key);
        array(self.out, items, item);
        self
    }

    fn key(&mut self, key: &'static str) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
    }
}

/// Appends an object.
pub fn object(out: &mut Vec<u8>, pairs: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    pairs(&mut Object { out, is_empty: true });
    out.push(b'}');
}

/// Appends an array, an item at a time.
pub fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, value) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        item(out, value);
    }
    out.push(b']');
}

/// An object as a text of its own.
pub fn to_object(pairs: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    object(&mut out, pairs);
    out
}

impl<T: Json + ?Sized> Json for &T {
    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => out.extend_from_slice(b"null"),
            Some(value) => value.write(out),
        }
    }
}

impl Json for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Json for String {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().write(out);
    }
}

impl Json for str {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        escape(out, self);
        out.push(b'"');
    }
}

/// Appends `text` as it stands inside of quotes.
pub fn escape(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = first_escape(rest) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        match tail {
            [b'\n', ..] => out.extend_from_slice(b"\\n"),
            [byte @ (b'"' | b'\\'), ..] => out.extend([b'\\', *byte]),
            [byte, ..] => append(out, format_args!("\\u{byte:04x}")),
            [] => {}
        }
        rest = &tail[1..];
    }
    out.extend_from_slice(rest);
}

/// Where the first byte stands that needs an escape. Nearly all texts have none: blocks are looked at as a whole, which
/// compilers turn into vector instructions.
fn first_escape(bytes: &[u8]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let is_dirty = |block: &[u8]| block.iter().fold(false, |found, byte| found | needs_escape(*byte));
    let from = match blocks.iter().position(|block| is_dirty(block)) {
        Some(dirty) => dirty * BLOCK,
        None if is_dirty(rest) => blocks.len() * BLOCK,
        None => return None,
    };
    bytes[from..].iter().position(|byte| needs_escape(*byte)).map(|at| from + at)
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Json for $number {
            fn write(&self, out: &mut Vec<u8>) {
                append(out, format_args!("{self}"));
            }
        }
    )+};
}
numbers!(u8, u32, u64, usize, i64);

macro_rules! words {
    ($($word:ty),+) => {$(
        impl Json for $word {
            fn write(&self, out: &mut Vec<u8>) {
                self.as_str().write(out);
            }
        }
    )+};
}
words!(VolumeStatus, AttachStatus, MigrationStatus, SnapshotStatus, model::BackupStatus, ProjectId, UserId);
words!(model::GroupStatus, model::GroupSnapshotStatus, model::service::ReplicationStatus);

macro_rules! plain {
    ($($shown:ty),+) => {$(
        impl Plain for $shown {
            fn write_plain(&self, out: &mut Vec<u8>) {
                self.with_text(|text| out.extend_from_slice(text.as_bytes()));
            }
        }

        impl Json for $shown {
            fn write(&self, out: &mut Vec<u8>) {
                out.push(b'"');
                self.write_plain(out);
                out.push(b'"');
            }
        }
    )+};
}
plain!(
    model::BackupId,
    model::BackupPolicyId,
    AttachmentId,
    VolumeId,
    SnapshotId,
    VolumeTypeId,
    GroupId,
    MessageId,
    TemplateId,
    TransferId,
    QosSpecsId,
    KeyId,
    Timestamp
);
plain!(model::GroupSnapshotId, model::GroupTypeId, model::ImageId);

impl Json for Metadata {
    fn write(&self, out: &mut Vec<u8>) {
        object(out, |pairs| {
            for (key, value) in &self.0 {
                pairs.put_dynamic(key, value);
            }
        });
    }
}

impl Json for serde_json::Value {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&super::to_vec(self));
    }
}

pub(crate) fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a vector takes every write");
}

#[cfg(test)]
mod tests;
