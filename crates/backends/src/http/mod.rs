//! Talking to other services: one request, one answer, within limits of time and size.
//!
//! Calls block; whoever makes them is on a blocking thread already.

mod error;

pub use error::HttpError;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Longest answer that is read, in bytes.
pub const MAX_REPLY_BYTES: u64 = 8 << 20;
/// How long an answer may take when nothing else is said: as OpenStack's own clients wait.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a large body may take, in either direction.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(600);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Where distributions keep the authorities that they trust; the first that is there is taken.
const SYSTEM_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// How to reach a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpOptions {
    /// How long an answer may take.
    pub timeout: Option<Duration>,
    /// The authorities to trust (PEM); the system's when none is named.
    pub cafile: Option<PathBuf>,
    /// Whether any certificate is taken.
    pub insecure: bool,
    /// Whether bodies are large: the timeout is then that of connecting and of the first byte of an answer, and a body
    /// may take [`BODY_TIMEOUT`].
    pub bulk: bool,
    /// The address of a proxy.
    pub proxy: Option<String>,
}

/// A client of other services. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    agent: ureq::Agent,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, …
    pub method: &'static str,
    /// The whole address.
    pub url: &'a str,
    /// Headers beside those of the body.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, as JSON.
    pub body: Option<&'a Value>,
}

/// What was answered, whatever its status.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    headers: ureq::http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Http {
    /// A client as `options` say.
    ///
    /// # Errors
    /// The authorities to trust cannot be read.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpError> {
        let tls = TlsConfig::builder()
            .root_certs(authorities(options.cafile.as_deref())?)
            .disable_verification(options.insecure)
            .build();
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let proxy = options.proxy.as_deref().map(ureq::Proxy::new).transpose();
        let proxy = proxy.map_err(|error| HttpError::Proxy(error.to_string()))?;
        let config = ureq::Agent::config_builder()
            .timeout_global((!options.bulk).then_some(timeout))
            .timeout_recv_response(options.bulk.then_some(timeout))
            .timeout_send_body(options.bulk.then_some(BODY_TIMEOUT))
            .timeout_recv_body(options.bulk.then_some(BODY_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT.min(timeout)))
            .proxy(proxy)
            .http_status_as_error(false)
            // A token is sent to the address that was meant, and to no other.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("besser")
            .tls_config(tls)
            .build();
        Ok(Self { agent: config.into() })
    }

    /// Asks.
    ///
    /// # Errors
    /// There is no whole answer. Any status is an answer.
    pub fn send(&self, request: &Request<'_>) -> Result<Reply, HttpError> {
        let mut headers = request.headers.to_vec();
        // Barbican takes a list of what is acceptable for something else.
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            headers.push(("accept", "application/json"));
        }
        let text = request.body.map(serde_json::to_vec).transpose();
        let text = text.map_err(|error| no_answer(request.method, request.url, &error))?;
        if text.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.exchange((request.method, request.url), &headers, text.as_deref(), MAX_REPLY_BYTES)
    }

    /// Asks with a body of any kind; an answer has at most `most_bytes`.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn exchange(
        &self,
        (method, url): (&'static str, &str),
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        most_bytes: u64,
    ) -> Result<Reply, HttpError> {
        let failed = |why: &dyn std::fmt::Display| no_answer(method, url, why);
        let mut built = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            built = built.header(*name, *value);
        }
        let answered = match body {
            None => self.agent.run(built.body(()).map_err(|error| failed(&error))?),
            Some(body) => self.agent.run(built.body(body).map_err(|error| failed(&error))?),
        };
        let (parts, mut body) = answered.map_err(|error| failed(&error))?.into_parts();
        let read = body.with_config().limit(most_bytes).read_to_vec();
        let body = read.map_err(|error| failed(&error))?;
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

impl Reply {
    /// Whether the service did what was asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| HttpError::NotUnderstood(error.to_string()))
    }
}

/// Bodies hold tokens and keys.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn no_answer(method: &'static str, url: &str, why: &dyn std::fmt::Display) -> HttpError {
    HttpError::NoAnswer { method, url: without_query(url).to_owned(), why: why.to_string() }
}

/// Queries may hold what is nobody's business.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn authorities(cafile: Option<&Path>) -> Result<RootCerts, HttpError> {
    let named = cafile.map(Path::to_owned);
    let system = || SYSTEM_BUNDLES.iter().map(PathBuf::from).find(|path| path.is_file());
    let Some(path) = named.or_else(system) else { return Ok(RootCerts::WebPki) };
    let unusable = |why: String| HttpError::Authorities { path: path.display().to_string(), why };
    let text = fs::read(&path).map_err(|error| unusable(error.to_string()))?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(unusable("no certificate in it".to_owned()));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
