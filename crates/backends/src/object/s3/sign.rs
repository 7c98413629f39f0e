//! Signatures of requests: AWS Signature Version 4
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).

use hmac::{Hmac, Mac};
use model::secret::Secret;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::object::remote::hex;

/// Whose signature it is.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) access_key: Secret<String>,
    pub(super) secret_key: Secret<String>,
    pub(super) region: String,
}

/// What is signed of a request.
pub(super) struct Signed<'r> {
    pub(super) method: &'r str,
    /// Percent-encoded.
    pub(super) path: &'r str,
    /// Percent-encoded, in the order of its names.
    pub(super) query: &'r str,
    /// Names in small letters.
    pub(super) headers: &'r [(&'r str, &'r str)],
    pub(super) body: &'r [u8],
}

impl Signer {
    /// The headers that sign `request`, made at `now`.
    pub(super) fn sign(&self, request: &Signed<'_>, now: OffsetDateTime) -> Vec<(&'static str, String)> {
        let body_sum = hex(&Sha256::digest(request.body));
        let (date, moment) = (day(now), moment(now));
        let mut headers = request.headers.to_vec();
        headers.extend([("x-amz-content-sha256", body_sum.as_str()), ("x-amz-date", &moment)]);
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let Signed { method, path, query, .. } = request;
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body_sum}");
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let text =
            format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let mut key = format!("AWS4{}", self.secret_key.expose()).into_bytes();
        for part in [date.as_str(), &self.region, "s3", "aws4_request"] {
            key = mac(&key, part.as_bytes());
        }
        let signature = hex(&mac(&key, text.as_bytes()));
        let who = self.access_key.expose();
        let line =
            format!("AWS4-HMAC-SHA256 Credential={who}/{scope},SignedHeaders={names},Signature={signature}");
        vec![("authorization", line), ("x-amz-content-sha256", body_sum), ("x-amz-date", moment)]
    }
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length is good.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn day(now: OffsetDateTime) -> String {
    now.format(format_description!("[year][month][day]")).unwrap_or_default()
}

fn moment(now: OffsetDateTime) -> String {
    now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// The first example of AWS's own description.
    #[test]
    fn the_signature_is_the_published_one() {
        let signer = Signer {
            access_key: Secret::new("AKIAIOSFODNN7EXAMPLE".to_owned()),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            region: "us-east-1".to_owned(),
        };
        let request = Signed {
            method: "GET",
            path: "/test.txt",
            query: "",
            headers: &[("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9")],
            body: b"",
        };
        let headers = signer.sign(&request, datetime!(2013-05-24 00:00:00 UTC));
        assert_eq!(
            headers[0].1,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }
}
