//! Putting an image into a store of objects, with one part of it in memory.

use ports::DriverError;
use ports::backup::ObjectName;
use ports::image::ImageWriter;

use super::ObjectImageStore;
use crate::object::Part;

/// Zeros that are appended at a time.
const ZEROS: &[u8] = &[0; 64 << 10];

/// An object that is being put.
#[derive(Debug)]
pub(super) struct Writer {
    store: ObjectImageStore,
    object: ObjectName,
    waiting: Vec<u8>,
    /// The attempt to put it in parts, once it is known to need them.
    attempt: Option<String>,
    parts: Vec<Part>,
    at: u64,
    named: bool,
}

impl Writer {
    pub(super) fn new(store: ObjectImageStore, object: ObjectName) -> Self {
        Self { store, object, waiting: Vec::new(), attempt: None, parts: Vec::new(), at: 0, named: false }
    }

    /// How much comes together before it is put.
    fn enough_bytes(&self) -> usize {
        // Less than the smallest part would be put as a whole.
        let whole = self.store.whole_bytes.min(self.store.part_bytes);
        if self.attempt.is_some() { self.store.part_bytes } else { whole }
    }

    fn put(&mut self) -> Result<(), DriverError> {
        let most_parts = self.store.objects.most_parts();
        if self.parts.len() == most_parts {
            let part_mib = self.store.part_bytes >> 20;
            return Err(DriverError::Refused(format!(
                "the image is larger than {most_parts} parts of {part_mib} MiB, as {}_store_large_object_chunk_size \
                 has it",
                self.store.kind
            )));
        }
        let attempt = match &self.attempt {
            Some(attempt) => attempt,
            None => self.attempt.insert(self.store.objects.begin(&self.object)?),
        };
        let number = self.parts.len() + 1;
        self.parts.push(self.store.objects.put_part(&self.object, attempt, number, &self.waiting)?);
        self.waiting.clear();
        Ok(())
    }
}

impl ImageWriter for Writer {
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), DriverError> {
        while !bytes.is_empty() {
            // More comes, so that what waits is not the last part.
            if self.waiting.len() == self.enough_bytes() {
                self.put()?;
            }
            let room = self.enough_bytes() - self.waiting.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.waiting.extend_from_slice(now);
            self.at += now.len() as u64;
            bytes = later;
        }
        Ok(())
    }

    fn skip(&mut self, mut length_bytes: u64) -> Result<(), DriverError> {
        while length_bytes > 0 {
            let length = usize::try_from(length_bytes).unwrap_or(usize::MAX).min(ZEROS.len());
            self.write(&ZEROS[..length])?;
            length_bytes -= length as u64;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, DriverError> {
        if self.attempt.is_some() {
            self.put()?;
        }
        match &self.attempt {
            Some(attempt) => self.store.objects.assemble(&self.object, attempt, &self.parts)?,
            None => self.store.objects.put(&self.object, &self.waiting)?,
        }
        self.named = true;
        // Those of an object whose place this one took.
        self.store.objects.remove_parts(&self.object, self.attempt.as_deref())?;
        Ok(self.at)
    }

    fn leave(mut self: Box<Self>) {
        self.named = true;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.named
            && self.attempt.is_some()
            && let Err(error) = self.store.objects.remove_parts(&self.object, None)
        {
            tracing::warn!(
                error = error.chain(),
                "parts of {} are left until it is put again or removed",
                self.object
            );
        }
    }
}
