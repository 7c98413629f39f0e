//! The shapes of host addresses and URLs, as oslo.config's types check them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest host name, in bytes (RFC 1035).
const MAX_HOST_NAME_BYTES: usize = 253;
/// Longest label of a host name, in bytes (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;

/// Whether the text is an IPv4 or IPv6 address or a host name.
///
/// A name whose last label has digits only is refused: it is a mistyped IPv4 address.
pub(crate) fn is_host_address(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() || is_host_name(text)
}

fn is_host_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let last_label = name.rsplit('.').next().unwrap_or_default();
    text.len() <= MAX_HOST_NAME_BYTES
        && name.split('.').all(is_label)
        && last_label.contains(|c: char| c.is_ascii_alphabetic() || c == '-')
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether the text is a URL with a scheme and a host (RFC 3986, sections 3.1 and 3.2).
pub(crate) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let is_printable = text.bytes().all(|b| b.is_ascii_graphic());
    is_scheme(scheme) && is_printable && !host_and_port.is_empty() && !host_and_port.starts_with(':')
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_addresses() {
        for good in ["10.0.20.1", "::1", "fe80::1", "node-1", "a.example.", "3com.example", "localhost"] {
            assert!(is_host_address(good), "{good}");
        }
        let long_label = "a".repeat(MAX_LABEL_BYTES + 1);
        let long_name = "a.".repeat(127);
        let bad = [
            "",
            "10.0.20",
            "10.0.20.256",
            "-a",
            "a-.b",
            "a..b",
            "a_b",
            "<HOST>",
            "a b",
            &long_label,
            &long_name,
        ];
        for bad in bad {
            assert!(!is_host_address(bad), "{bad}");
        }
    }

    #[test]
    fn urls() {
        for good in ["http://h", "https://u:p@h:1/p?q#f", "etcd3+http://[::1]:2379"] {
            assert!(is_url(good), "{good}");
        }
        for bad in
            ["", "h", "http:/h", "://h", "http://", "http:///p", "http://:80", "1http://h", "http://h /p"]
        {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
