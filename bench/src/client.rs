//! HTTP/1.1 over keep-alive connections, as cheaply as that goes.

use std::cell::RefCell;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::error::Error;

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A server, and the idle connections to it.
pub(crate) struct Client {
    authority: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    idle: RefCell<Vec<SendRequest<Full<Bytes>>>>,
}

/// An address split into the server and the path there, which has no slash at its end.
pub(crate) fn split_address(url: &str) -> Result<(String, String), Error> {
    let rest = url.strip_prefix("http://").ok_or_else(|| Error::Address(url.to_owned()))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_end_matches('/');
    let authority = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    Ok((authority, if path.is_empty() { String::new() } else { format!("/{path}") }))
}

impl Client {
    /// A client of `authority` that sends these headers with every request.
    pub(crate) fn new(authority: &str, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        Self { authority: authority.to_owned(), headers, idle: RefCell::new(Vec::new()) }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Bytes>,
    ) -> Result<Reply, Error> {
        loop {
            let reused = self.idle.borrow_mut().pop();
            let is_fresh = reused.is_none();
            let mut sender = match reused {
                Some(sender) => sender,
                None => self.connect().await?,
            };
            // A server may close an idle connection at any time: then the request goes over another one.
            if sender.ready().await.is_err() && !is_fresh {
                continue;
            }
            match sender.send_request(self.request(method, path, body)?).await {
                Err(error) if error.is_canceled() && !is_fresh => {}
                Err(error) => return Err(error.into()),
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let body = body.collect().await?.to_bytes();
                    if !sender.is_closed() {
                        self.idle.borrow_mut().push(sender);
                    }
                    return Ok(Reply { status: head.status.as_u16(), headers: head.headers, body });
                }
            }
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Error> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // What goes wrong with it is seen by who sends a request over it.
        tokio::task::spawn_local(async move { drop(connection.await) });
        Ok(sender)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Bytes>,
    ) -> Result<Request<Full<Bytes>>, Error> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, self.authority.as_str());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        Ok(request.body(Full::new(body.cloned().unwrap_or_default()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::split_address;

    #[test]
    fn addresses_are_split_into_server_and_path() {
        let split = |url| split_address(url).ok();
        assert_eq!(split("http://a:1/v3/p/"), Some(("a:1".into(), "/v3/p".into())));
        assert_eq!(split("http://a:1"), Some(("a:1".into(), String::new())));
        assert_eq!(split("http://a/v3"), Some(("a:80".into(), "/v3".into())));
        assert_eq!(split("https://a/v3"), None);
    }
}
