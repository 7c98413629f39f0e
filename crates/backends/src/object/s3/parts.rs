//! Objects in parts: multipart uploads.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ports::DriverError;
use ports::backup::ObjectName;

use super::{Call, S3Store, list};
use crate::http::Reply;
use crate::object::remote::{self, MAX_PAGE_BYTES, md5, refusal};
use crate::object::{InParts, Part};

/// Most parts of an upload, as every service has it.
const MAX_PARTS: usize = 10_000;
/// Most pages of uploads that are aborted at a time.
const MAX_PAGES: usize = 100;

impl S3Store {
    fn about(
        &self,
        doing: &str,
        method: &'static str,
        object: &ObjectName,
        query: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Reply, DriverError> {
        let call = Call {
            method,
            bucket: object.container(),
            key: Some(object.name()),
            query,
            body,
            most_bytes: MAX_PAGE_BYTES,
            ..Call::default()
        };
        self.ask(doing, &call)
    }

    /// The uploads of an object that are under way.
    fn uploads_of(&self, object: &ObjectName) -> Result<Vec<String>, DriverError> {
        let doing = format!("listing the uploads of {object}");
        let query = [("prefix", object.name()), ("uploads", "")];
        let call = Call {
            method: "GET",
            bucket: object.container(),
            query: &query,
            most_bytes: MAX_PAGE_BYTES,
            ..Call::default()
        };
        let page = remote::page(&doing, &self.ask(&doing, &call)?, list::uploads)?;
        let found = page.unwrap_or_default().into_iter();
        Ok(found.filter(|(key, _)| key == object.name()).map(|(_, upload)| upload).collect())
    }
}

impl InParts for S3Store {
    fn most_parts(&self) -> usize {
        MAX_PARTS
    }

    fn length_of(&self, object: &ObjectName) -> Result<u64, DriverError> {
        remote::length_of(self, object)
    }

    fn begin(&self, object: &ObjectName) -> Result<String, DriverError> {
        let doing = format!("beginning to put {object}");
        let reply = self.about(&doing, "POST", object, &[("uploads", "")], Some(b""))?;
        if !reply.is_success() {
            return Err(refusal(&doing, &reply, 0));
        }
        list::upload_id(&reply.body).ok_or_else(|| DriverError::Refused(format!("{doing}: it has no name")))
    }

    fn put_part(
        &self,
        object: &ObjectName,
        attempt: &str,
        number: usize,
        bytes: &[u8],
    ) -> Result<Part, DriverError> {
        let doing = format!("putting part {number} of {object}");
        let (sum, number) = (STANDARD.encode(md5(bytes)), number.to_string());
        let call = Call {
            method: "PUT",
            bucket: object.container(),
            key: Some(object.name()),
            query: &[("partNumber", &number), ("uploadId", attempt)],
            headers: &[("content-md5", &sum)],
            body: Some(bytes),
            most_bytes: MAX_PAGE_BYTES,
        };
        let reply = self.ask(&doing, &call)?;
        match reply.header("etag") {
            Some(tag) if reply.is_success() => {
                Ok(Part { tag: tag.trim_matches('"').to_owned(), size_bytes: bytes.len() as u64 })
            }
            _ => Err(refusal(&doing, &reply, bytes.len())),
        }
    }

    fn assemble(&self, object: &ObjectName, attempt: &str, parts: &[Part]) -> Result<(), DriverError> {
        let doing = format!("assembling {object}");
        let mut text = "<CompleteMultipartUpload>".to_owned();
        for (number, part) in (1..).zip(parts) {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{}&quot;</ETag></Part>",
                part.tag
            );
        }
        text.push_str("</CompleteMultipartUpload>");
        let reply = self.about(&doing, "POST", object, &[("uploadId", attempt)], Some(text.as_bytes()))?;
        // A failure may come with 200: the service began to answer before it knew.
        if reply.is_success() && list::code(&reply.body).is_none() {
            return Ok(());
        }
        // A request whose answer was lost is made again, of an upload that is no more.
        let size_bytes: u64 = parts.iter().map(|part| part.size_bytes).sum();
        if reply.status == 404 && self.length_of(object).is_ok_and(|length| length == size_bytes) {
            return Ok(());
        }
        Err(refusal(&doing, &reply, 0))
    }

    fn remove_parts(&self, object: &ObjectName, kept: Option<&str>) -> Result<(), DriverError> {
        let doing = format!("removing parts of {object}");
        for _ in 0..MAX_PAGES {
            let mut uploads = self.uploads_of(object)?;
            uploads.retain(|upload| Some(upload.as_str()) != kept);
            if uploads.is_empty() {
                return Ok(());
            }
            for upload in uploads {
                let reply = self.about(&doing, "DELETE", object, &[("uploadId", &upload)], None)?;
                if !reply.is_success() && reply.status != 404 {
                    return Err(refusal(&doing, &reply, 0));
                }
            }
        }
        Err(DriverError::Refused(format!("{doing}: there are ever more")))
    }

    fn address_of(&self, object: &ObjectName) -> String {
        format!("s3://{}{}/{object}", self.options.host, self.options.path)
    }
}
