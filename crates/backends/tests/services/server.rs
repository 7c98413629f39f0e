//! A small HTTP server that answers what a test says, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What to answer: status, further headers, body (text or bytes).
pub(crate) type Answer<B = String> = (u16, Vec<(&'static str, String)>, B);

/// A server that lives as long as the test.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts on a free port.
    pub(crate) fn start<B: Into<Vec<u8>>>(answer: impl Fn(&Asked) -> Answer<B> + Send + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    /// Starts on a socket that is there already.
    pub(crate) fn on<B: Into<Vec<u8>>>(
        listener: TcpListener,
        answer: impl Fn(&Asked) -> Answer<B> + Send + 'static,
    ) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                serve(stream, &kept, &answer);
            }
        });
        Self { url, asked }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Answers one request and closes.
fn serve<B: Into<Vec<u8>>>(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Asked>>,
    answer: &impl Fn(&Asked) -> Answer<B>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((key, value)) = line.trim_end().split_once(':') else { break };
        headers.push((key.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(key, _)| key == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let asked = Asked { method, path, headers, body: serde_json::from_slice(&body).unwrap_or_default() };
    let (status, more, body) = answer(&asked);
    let body: Vec<u8> = body.into();
    kept.lock().unwrap().push(asked);
    let mut reply =
        format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (key, value) in more {
        reply.push_str(&format!("{key}: {value}\r\n"));
    }
    // The client may have gone away.
    let _ = stream.write_all(&[format!("{reply}\r\n").as_bytes(), &body].concat());
}
