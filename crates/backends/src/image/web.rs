//! Fetching images from the web, within what an administrator allows.
//!
//! Names are held against the lists of the configuration, addresses against what is nobody's business outside: this
//! machine itself and its link. Every hop of a redirection is held against both, and a name is resolved once per hop: the
//! address that was looked at is the one that is connected to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ports::DriverError;
use ports::image::{Fetched, Web};
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a server may take to begin its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may send nothing.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(120);
/// Most redirections that are followed.
const MAX_REDIRECTS: usize = 5;

/// What may be fetched (`[import_filtering_opts]`). Where there is a list of what is allowed, that of what is not does
/// not matter.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// Only these schemes.
    pub allowed_schemes: Vec<String>,
    /// Not these schemes.
    pub disallowed_schemes: Vec<String>,
    /// Only these hosts; they may be on this machine.
    pub allowed_hosts: Vec<String>,
    /// Not these hosts.
    pub disallowed_hosts: Vec<String>,
    /// Only these ports.
    pub allowed_ports: Vec<String>,
    /// Not these ports.
    pub disallowed_ports: Vec<String>,
}

fn passes(value: &str, allowed: &[String], disallowed: &[String]) -> bool {
    let is_in = |list: &[String]| list.iter().any(|item| item.eq_ignore_ascii_case(value));
    if allowed.is_empty() { !is_in(disallowed) } else { is_in(allowed) }
}

impl Filters {
    fn check(&self, uri: &Uri) -> Result<(), String> {
        let scheme = uri.scheme_str().unwrap_or_default();
        if !matches!(scheme, "http" | "https")
            || !passes(scheme, &self.allowed_schemes, &self.disallowed_schemes)
        {
            return Err(format!("the scheme {scheme:?} is not allowed"));
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        if host.is_empty() || !passes(host, &self.allowed_hosts, &self.disallowed_hosts) {
            return Err(format!("the host {host:?} is not allowed"));
        }
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        if !passes(&port.to_string(), &self.allowed_ports, &self.disallowed_ports) {
            return Err(format!("the port {port} is not allowed"));
        }
        match host.parse::<IpAddr>() {
            Ok(address) if !self.names(host) && is_local(address) => {
                Err(format!("the address {address} is not allowed"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a host is allowed by name, wherever it is.
    fn names(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host.trim_matches(['[', ']'])))
    }
}

/// Whether an address leads to this machine, its link, or nowhere in particular.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets()[0] == 0
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_local(IpAddr::V4(v4)),
            None => {
                v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()
            }
        },
    }
}

/// Resolves names to addresses that may be connected to.
#[derive(Debug)]
struct Guard {
    filters: Filters,
    inner: DefaultResolver,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.filters.names(uri.host().unwrap_or_default()) {
            return Ok(found);
        }
        let mut allowed = self.empty();
        let outside: Vec<SocketAddr> = found.iter().copied().filter(|found| !is_local(found.ip())).collect();
        for address in &outside {
            allowed.push(*address);
        }
        match outside.is_empty() {
            true => Err(ureq::Error::HostNotFound),
            false => Ok(allowed),
        }
    }
}

/// The web.
pub struct HttpWeb {
    filters: Filters,
    agent: ureq::Agent,
}

impl fmt::Debug for HttpWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWeb").field("filters", &self.filters).finish_non_exhaustive()
    }
}

impl HttpWeb {
    /// The part of it that the filters leave.
    #[must_use]
    pub fn new(filters: Filters) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("besser")
            .build();
        let guard = Guard { filters: filters.clone(), inner: DefaultResolver::default() };
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), guard);
        Self { filters, agent }
    }

    fn checked(&self, url: &str) -> Result<Uri, DriverError> {
        let uri: Uri = url.parse().map_err(|_| refused(url, "it is no address"))?;
        self.filters.check(&uri).map_err(|why| refused(url, &why))?;
        Ok(uri)
    }
}

fn refused(url: &str, why: &str) -> DriverError {
    DriverError::Refused(format!("{} cannot be fetched: {why}", without_query(url)))
}

/// What may be shown of an address: its query may hold a secret.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

impl Web for HttpWeb {
    fn check(&self, url: &str) -> Result<(), DriverError> {
        self.checked(url).map(|_| ())
    }

    fn open(&self, url: &str) -> Result<Fetched, DriverError> {
        let mut uri = self.checked(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let answered = self.agent.get(uri.clone()).call();
            let answered = answered.map_err(|error| match error {
                ureq::Error::HostNotFound => refused(url, "its host is not found, or not allowed"),
                other => DriverError::Io {
                    what: format!("fetching {}", without_query(url)),
                    source: std::io::Error::other(other.to_string()),
                },
            })?;
            let status = answered.status();
            if status.is_success() {
                let body = answered.into_body();
                return Ok(Fetched {
                    length_bytes: body.content_length(),
                    reader: Box::new(body.into_reader()),
                });
            }
            let next = answered.headers().get("location").and_then(|next| next.to_str().ok());
            let Some(next) = next.filter(|_| status.is_redirection()) else {
                return Err(refused(url, &format!("the server answers {}", status.as_u16())));
            };
            // Only whole addresses and whole paths: both are all that servers send.
            let next = match next.starts_with('/') {
                false => next.to_owned(),
                true => {
                    let authority = uri.authority().map_or("", |authority| authority.as_str());
                    format!("{}://{authority}{next}", uri.scheme_str().unwrap_or("http"))
                }
            };
            uri = self.checked(&next)?;
        }
        Err(refused(url, "it leads from address to address"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn refusal(filters: Filters, url: &str) -> Option<String> {
        HttpWeb::new(filters).check(url).err().map(|error| error.to_string())
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn this_machine_is_refused_unless_it_is_named() {
        let local = [
            "http://127.0.0.1/x",
            "http://[::1]/x",
            "http://0.0.0.0/",
            "http://169.254.169.254/",
            "http://[::ffff:127.0.0.1]/",
        ];
        for url in local {
            assert!(refusal(Filters::default(), url).is_some(), "{url}");
        }
        let named = Filters { allowed_hosts: words(&["127.0.0.1"]), ..Filters::default() };
        assert_eq!(refusal(named.clone(), "http://127.0.0.1/x"), None);
        assert!(refusal(named, "http://192.0.2.1/x").is_some());
        assert_eq!(refusal(Filters::default(), "http://192.0.2.1/x"), None);
    }

    #[test]
    fn schemes_and_ports_are_held_against_the_lists() {
        for url in ["file:///etc/passwd", "gopher://a/", "ftp://a/", "a", "", "http:///x"] {
            assert!(refusal(Filters::default(), url).is_some(), "{url}");
        }
        let ports = Filters { allowed_ports: words(&["80"]), ..Filters::default() };
        assert!(refusal(ports.clone(), "https://192.0.2.1/").is_some());
        assert_eq!(refusal(ports, "http://192.0.2.1/"), None);
        let not = Filters { disallowed_hosts: words(&["bad.example"]), ..Filters::default() };
        assert!(refusal(not, "http://BAD.example/").is_some());
    }

    /// A server that answers one request with `answer`.
    fn server(answer: &'static str) -> (u16, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        });
        (port, serving)
    }

    #[test]
    fn what_is_there_is_fetched_and_redirections_are_held_against_the_lists_too() {
        let web = HttpWeb::new(Filters { allowed_hosts: words(&["127.0.0.1"]), ..Filters::default() });
        let (port, serving) = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes");
        let mut fetched = web.open(&format!("http://127.0.0.1:{port}/image")).unwrap();
        let mut bytes = Vec::new();
        fetched.reader.read_to_end(&mut bytes).unwrap();
        assert_eq!((fetched.length_bytes, bytes.as_slice()), (Some(5), &b"bytes"[..]));
        serving.join().unwrap();
        let (port, serving) = server(
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/secret\r\nContent-Length: 0\r\n\r\n",
        );
        assert!(matches!(web.open(&format!("http://127.0.0.1:{port}/")), Err(DriverError::Refused(_))));
        serving.join().unwrap();
        let (port, serving) = server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        let refused = web.open(&format!("http://127.0.0.1:{port}/?secret")).unwrap_err().to_string();
        assert!(refused.ends_with("the server answers 404") && !refused.contains("secret"), "{refused}");
        serving.join().unwrap();
    }

    #[test]
    fn a_name_of_this_machine_is_not_found() {
        let web = HttpWeb::new(Filters::default());
        assert!(matches!(web.open("http://localhost:9/"), Err(DriverError::Refused(_))));
    }
}
