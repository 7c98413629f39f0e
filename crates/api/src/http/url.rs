//! Under which URL the client reached us, so that links in answers lead back the same way.

use http::{HeaderMap, header};

use super::edge::FORWARDED_PROTO;

/// Longest host that is repeated in links, in bytes.
const MAX_HOST_BYTES: usize = 255;

/// `http://host:port` from the `Host` header, or `configured` (`public_endpoint`) when an administrator set one, or
/// `local` when the client named no host that can be repeated. `https` where a proxy that is believed says so.
#[must_use]
pub fn base_url(headers: &HeaderMap, configured: Option<&str>, local: &str) -> String {
    if let Some(configured) = configured {
        return configured.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match host.filter(|host| is_plain_host(host)) {
        Some(host) => {
            let is_secure = headers.get(FORWARDED_PROTO).is_some_and(|scheme| scheme == "https");
            format!("{}://{host}", if is_secure { "https" } else { "http" })
        }
        None => local.to_owned(),
    }
}

pub(super) fn is_plain_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= MAX_HOST_BYTES
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_host(host: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::HOST, http::HeaderValue::from_static(host))])
    }

    #[test]
    fn links_lead_back_the_way_the_client_came() {
        assert_eq!(base_url(&with_host("cloud:8776"), None, "http://x"), "http://cloud:8776");
        assert_eq!(base_url(&with_host("cloud"), Some("https://api/"), "http://x"), "https://api");
    }

    #[test]
    fn a_host_that_is_no_host_is_not_repeated() {
        assert_eq!(base_url(&with_host("a/<script>"), None, "http://x"), "http://x");
        assert_eq!(base_url(&HeaderMap::new(), None, "http://x"), "http://x");
    }
}
