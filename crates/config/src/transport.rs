//! `transport_url`: which brokers, as whom (the URLs of oslo.messaging).
//!
//! `rabbit://user:password@host1:5672,user:password@host2/virtual-host?ssl=1`: any number of hosts, each with its own user;
//! users, passwords and the virtual host may be percent-encoded.

use std::fmt;

use model::secret::Secret;
use thiserror::Error;

/// The port of a broker that names none.
const PORT: u16 = 5672;
/// Most hosts in one URL.
const MAX_HOSTS: usize = 64;
/// Longest user, password, host or virtual host in bytes: that of AMQP's short strings.
const MAX_PART_BYTES: usize = 255;

/// What it says.
#[derive(Debug, Clone)]
pub struct TransportUrl {
    /// The brokers, at least one.
    pub hosts: Vec<TransportHost>,
    /// The virtual host.
    pub virtual_host: String,
    /// What follows the question mark.
    pub query: Vec<(String, String)>,
}

/// One broker.
#[derive(Clone)]
pub struct TransportHost {
    /// Its name or address, an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
}

/// Names the host without its user's password.
impl fmt::Debug for TransportHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}", self.username, self.host, self.port)
    }
}

/// Why a URL cannot be used. What it says is not in the error: it holds passwords.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransportError {
    /// Another broker, or no URL.
    #[error("is not of the form rabbit://user:password@host:port,…/virtual-host")]
    Scheme,
    /// A port that is none.
    #[error("has a port that is no number from 1 to 65535")]
    Port,
    /// Brackets without an address in them, or a `%` without two digits.
    #[error("has brackets or percent signs that do not fit")]
    Form,
    /// A part that no broker takes.
    #[error("has a part longer than {MAX_PART_BYTES} bytes, or more than {MAX_HOSTS} hosts")]
    TooLong,
    /// Users for some of the hosts.
    #[error("names users for some of its hosts and none for others")]
    SomeUsers,
}

impl TransportUrl {
    /// Reads one.
    ///
    /// # Errors
    /// See [`TransportError`].
    pub fn parse(text: &str) -> Result<Self, TransportError> {
        let rest = ["rabbit://", "kombu://"].iter().find_map(|scheme| text.trim().strip_prefix(scheme));
        let rest = rest.ok_or(TransportError::Scheme)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let named: Vec<&str> = hosts.split(',').filter(|host| !host.is_empty()).collect();
        if named.len() > MAX_HOSTS {
            return Err(TransportError::TooLong);
        }
        let with_user = named.iter().filter(|host| host.contains('@')).count();
        if with_user != 0 && with_user != named.len() {
            return Err(TransportError::SomeUsers);
        }
        let mut hosts = named.into_iter().map(host).collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            hosts.push(host("localhost")?);
        }
        let virtual_host = if path.is_empty() { "/".to_owned() } else { part(path)? };
        let pair = |text: &str| {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            Ok((part(key)?, part(value)?))
        };
        let query = query.split('&').filter(|text| !text.is_empty()).map(pair).collect::<Result<_, _>>()?;
        Ok(Self { hosts, virtual_host, query })
    }

    /// What the query says of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn host(text: &str) -> Result<TransportHost, TransportError> {
    let (user, address) = text.rsplit_once('@').unwrap_or(("guest:guest", text));
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = match address.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']').ok_or(TransportError::Form)?;
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(TransportError::Form),
            }
        }
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        None => PORT,
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(TransportError::Port)?,
    };
    Ok(TransportHost {
        host: part(if host.is_empty() { "localhost" } else { host })?,
        port,
        username: part(username)?,
        password: Secret::new(part(password)?),
    })
}

/// A part without its percent-encoding.
fn part(text: &str) -> Result<String, TransportError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte =
            digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or(TransportError::Form)?;
        bytes.push(byte);
        rest = rest.get(2..).unwrap_or_default();
    }
    if bytes.len() > MAX_PART_BYTES {
        return Err(TransportError::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| TransportError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let url = TransportUrl::parse(text).unwrap();
        let hosts = url.hosts.iter().map(|host| format!("{host:?}/{}", host.password.expose()));
        format!("{} {}", hosts.collect::<Vec<_>>().join(" "), url.virtual_host)
    }

    #[test]
    fn the_forms_that_operators_have() {
        assert_eq!(shown("rabbit://"), "guest@localhost:5672/guest /");
        assert_eq!(shown("rabbit://cinder:pw@mq"), "cinder@mq:5672/pw /");
        assert_eq!(shown("rabbit://cinder:pw@mq:5673/"), "cinder@mq:5673/pw /");
        assert_eq!(shown("rabbit://a:b@h1:1,c:d@h2/cloud"), "a@h1:1/b c@h2:5672/d cloud");
        assert_eq!(shown("rabbit://a:p%40ss%2F@[fd00::1]:99/%2Fv"), "a@fd00::1:99/p@ss/ /v");
        assert_eq!(shown("rabbit://a:b@h//"), "a@h:5672/b /");
        assert_eq!(shown("kombu://h1,h2"), "guest@h1:5672/guest guest@h2:5672/guest /");
        let url = TransportUrl::parse("rabbit://a:b@h/?ssl=1&x=y%20z").unwrap();
        assert_eq!((url.option("ssl"), url.option("x"), url.option("q")), (Some("1"), Some("y z"), None));
        assert!(!format!("{url:?}").contains("\"b\""));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |text: &str| TransportUrl::parse(text).unwrap_err();
        for other in ["", "fake://", "kafka://h", "amqp://h", "h:5672"] {
            assert_eq!(refused(other), TransportError::Scheme, "{other}");
        }
        for port in ["rabbit://h:0", "rabbit://h:x", "rabbit://h:", "rabbit://h:70000"] {
            assert_eq!(refused(port), TransportError::Port, "{port}");
        }
        for form in
            ["rabbit://[::1", "rabbit://[::1]5", "rabbit://a%:b@h", "rabbit://a%zz:b@h", "rabbit://a%ff:b@h"]
        {
            assert_eq!(refused(form), TransportError::Form, "{form}");
        }
        assert_eq!(refused("rabbit://a:b@h1,h2"), TransportError::SomeUsers);
        assert_eq!(refused(&format!("rabbit://h/{}", "v".repeat(256))), TransportError::TooLong);
        assert_eq!(refused(&format!("rabbit://{}", "h,".repeat(65))), TransportError::TooLong);
    }
}
