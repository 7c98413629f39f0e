//! What comes with a request from outside of it: whose address it has, and what a proxy in front of us says of it.
//!
//! A proxy is believed where the configuration says so (`enable_proxy_headers_parsing`), by RFC 7239 or by the headers that
//! were there before it. What it says then stands in the request as if the client had come by itself; what nobody
//! is to believe is taken out.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, Request, header};

use super::url::is_plain_host;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The scheme that the client has used, where a believed proxy has said so.
pub(super) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

/// What a proxy says, as far as it can be believed at all.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    client: Option<IpAddr>,
    scheme: Option<&'static str>,
    host: Option<String>,
}

/// Notes in a request where it comes from: `peer` has sent it.
pub fn receive<B>(request: &mut Request<B>, peer: IpAddr, is_proxy_believed: bool) {
    let headers = request.headers_mut();
    let said = if is_proxy_believed { Said::read(headers) } else { Said::default() };
    for name in [header::FORWARDED, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO] {
        headers.remove(name);
    }
    if let Some(host) = said.host.and_then(|host| HeaderValue::try_from(host).ok()) {
        headers.insert(header::HOST, host);
    }
    if let Some(scheme) = said.scheme {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
    }
    request.extensions_mut().insert(Client(said.client.unwrap_or(peer)));
}

impl Said {
    /// Of several proxies, the one next to the client has spoken first.
    fn read(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let mut said = Self::default();
        if let Some(forwarded) = text(header::FORWARDED) {
            for pair in first(forwarded).split(';') {
                let Some((key, value)) = pair.split_once('=') else { continue };
                said.note(key.trim(), value.trim().trim_matches('"'));
            }
            return said;
        }
        for (key, name) in [("for", FORWARDED_FOR), ("proto", FORWARDED_PROTO), ("host", FORWARDED_HOST)] {
            if let Some(value) = text(name) {
                said.note(key, first(value));
            }
        }
        said
    }

    fn note(&mut self, key: &str, value: &str) {
        if key.eq_ignore_ascii_case("for") {
            self.client = address(value);
        } else if key.eq_ignore_ascii_case("proto") {
            self.scheme = ["http", "https"].into_iter().find(|known| value.eq_ignore_ascii_case(known));
        } else if key.eq_ignore_ascii_case("host") && is_plain_host(value) {
            self.host = Some(value.to_owned());
        }
    }
}

fn first(list: &str) -> &str {
    list.split(',').next().unwrap_or_default().trim()
}

/// With or without a port; none of what hides the client (`unknown`, `_gazonk`).
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::base_url;
    use super::*;

    const PEER: &str = "10.0.0.9";

    /// The client's address and the base of links.
    fn received(headers: &[(&'static str, &str)], is_proxy_believed: bool) -> (String, String) {
        let mut request = Request::new(());
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("inside:8776"));
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        receive(&mut request, PEER.parse().unwrap(), is_proxy_believed);
        let Client(client) = request.extensions().get().unwrap();
        (client.to_string(), base_url(request.headers(), None, "http://x"))
    }

    fn shown(client: &str, url: &str) -> (String, String) {
        (client.to_owned(), url.to_owned())
    }

    #[test]
    fn a_proxy_is_believed_only_where_that_is_wanted() {
        let said = [
            ("x-forwarded-for", "203.0.113.7, 10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "cloud.example.org"),
        ];
        assert_eq!(received(&said, true), shown("203.0.113.7", "https://cloud.example.org"));
        assert_eq!(received(&said, false), shown(PEER, "http://inside:8776"));
        let said = [("forwarded", "For=\"[2001:db8::17]:4711\";Proto=https;host=cloud, for=10.0.0.1")];
        assert_eq!(received(&said, true), shown("2001:db8::17", "https://cloud"));
        assert_eq!(received(&said, false), shown(PEER, "http://inside:8776"));
    }

    #[test]
    fn what_makes_no_sense_is_not_believed() {
        for hidden in ["unknown", "_gazonk", "", "203.0.113.7.1", "<script>"] {
            assert_eq!(received(&[("x-forwarded-for", hidden)], true).0, PEER, "{hidden}");
        }
        let said = [("forwarded", "proto=gopher;host=\"a/<b>\";for=192.0.2.43:47011")];
        assert_eq!(received(&said, true), shown("192.0.2.43", "http://inside:8776"));
    }
}
