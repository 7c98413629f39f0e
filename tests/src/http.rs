//! A small blocking HTTP/1.1 client. It sends exactly the bytes that it is given, malformed or not, one connection a
//! request, which is what tests of hostile input need.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// No answer of the product may take longer than this.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A request as it will go over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    authority: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request for an absolute `http://` address.
    ///
    /// # Panics
    /// If the address is not an `http` one.
    pub fn new(method: &str, url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url} is not an http address"));
        let cut = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        let target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Self {
            method: method.to_owned(),
            authority: authority.to_owned(),
            target,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    /// Sets any body.
    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("Content-Type", content_type)
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// If there is no connection, no answer in time, or the answer is not HTTP.
    pub fn send(&self) -> io::Result<Reply> {
        let mut stream = TcpStream::connect(&self.authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.set_write_timeout(Some(READ_TIMEOUT))?;
        // A server may refuse a big body by its length and close: what it said is still there to be read.
        let sent = stream.write_all(&self.head()).and_then(|()| stream.write_all(&self.body));
        match read_reply(&mut BufReader::new(stream), self.method == "HEAD") {
            Ok(reply) => Ok(reply),
            Err(error) => Err(sent.err().unwrap_or(error)),
        }
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.method, self.target, self.authority
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// Sends `bytes` as they are and reads whatever comes back, for requests that are not HTTP at all.
///
/// # Errors
/// If there is no connection.
pub fn send_raw(authority: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Ok(answer)
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The one object of an error reply: `{"itemNotFound": {"code": 404, "message": "…"}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its key, such as `itemNotFound`.
    pub name: String,
    /// The status code, repeated.
    pub code: u64,
    /// What a human is told.
    pub message: String,
}

impl Reply {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is something else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {} {}", self.status, self.text()))
    }

    /// The body as text, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The reply itself, if it has the status `wanted`.
    ///
    /// # Panics
    /// If it has another one.
    #[track_caller]
    pub fn expect(self, wanted: u16) -> Self {
        assert_eq!(self.status, wanted, "unexpected answer: {}", self.text());
        self
    }

    /// The fault, if the body has exactly the shape of one and its code is the reply's.
    pub fn fault(&self) -> Option<Fault> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let mut entries = body.as_object()?.iter();
        let (name, inner) = entries.next()?;
        let code = inner.get("code")?.as_u64()?;
        let message = inner.get("message")?.as_str()?;
        let alone = entries.next().is_none() && code == u64::from(self.status);
        alone.then(|| Fault { name: name.clone(), code, message: message.to_owned() })
    }
}

fn read_reply(stream: &mut impl BufRead, head_only: bool) -> io::Result<Reply> {
    let status_line = read_line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status: u16 = status.ok_or_else(|| garbled(&status_line))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| garbled(&line))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let mut reply = Reply { status, headers, body: Vec::new() };
    if head_only || status == 204 || status == 304 {
        return Ok(reply);
    }
    reply.body = read_body(stream, &reply)?;
    Ok(reply)
}

fn read_body(stream: &mut impl BufRead, reply: &Reply) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if reply.header("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(stream)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(|_| garbled(&line))?;
            stream.take(size).read_to_end(&mut body)?;
            read_line(stream)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match reply.header("Content-Length").map(str::parse::<u64>) {
        Some(Ok(length)) => {
            stream.take(length).read_to_end(&mut body)?;
            if u64::try_from(body.len()) != Ok(length) {
                return Err(garbled("a body shorter than its Content-Length"));
            }
        }
        Some(Err(_)) => return Err(garbled("Content-Length")),
        None => {
            stream.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"));
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

fn garbled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not HTTP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn only_a_whole_fault_is_one() {
        let good = reply(404, r#"{"itemNotFound": {"code": 404, "message": "gone"}}"#);
        assert_eq!(
            good.fault().map(|fault| (fault.name, fault.message)),
            Some(("itemNotFound".into(), "gone".into()))
        );
        let limit = reply(413, r#"{"overLimit": {"code": 413, "message": "m", "retryAfter": "0"}}"#);
        assert!(limit.fault().is_some(), "a fault may say more");
        for bad in [
            r#"{"itemNotFound": {"code": 400, "message": "another status"}}"#,
            r#"{"itemNotFound": {"code": "404", "message": "a word"}}"#,
            r#"{"itemNotFound": {"message": "no code"}}"#,
            r#"{"itemNotFound": {"code": 404}}"#,
            r#"{"a": {"code": 404, "message": ""}, "b": {}}"#,
            r#"["code"]"#,
            "404 page not found",
            "",
        ] {
            assert_eq!(reply(404, bad).fault(), None, "{bad}");
        }
    }

    #[test]
    fn answers_are_read_whole() {
        let read = |text: &str| read_reply(&mut BufReader::new(text.as_bytes()), false);
        let sized = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, ignored").unwrap();
        assert_eq!((sized.status, sized.text()), (200, "hello".into()));
        let chunked =
            "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap().text(), "hello");
        assert_eq!(read("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n").unwrap().header("x-a"), Some("b"));
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").is_err());
        assert!(read("").is_err());
        assert!(read("nonsense\r\n\r\n").is_err());
    }
}
