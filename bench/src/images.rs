//! The image service: records by small requests, data over a connection of their own.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::client::{Client, split_address};
use crate::error::Error;

/// What is written and read at a time.
pub(crate) const BLOCK_BYTES: usize = 1 << 20;

/// The image service, as a logged-in user.
pub(crate) struct Images {
    client: Client,
    authority: String,
    path: String,
    token: String,
}

/// Data without a zero and without an end to speak of: each block is the same, which nobody here makes use of.
pub(crate) fn block() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3] | 1
    };
    (0..BLOCK_BYTES).map(|_| next()).collect()
}

impl Images {
    pub(crate) fn new(endpoint: &str, token: &str) -> Result<Self, Error> {
        let (authority, path) = split_address(endpoint)?;
        let path = format!("{}/v2/images", path.trim_end_matches("/v2"));
        let value = HeaderValue::from_str(token).map_err(|_| Error::Shape("a token fit for a header"))?;
        let client = Client::new(&authority, vec![(HeaderName::from_static("x-auth-token"), value)]);
        Ok(Self { client, authority, path, token: token.to_owned() })
    }

    /// A record of an image of this format; its id.
    pub(crate) async fn create(&self, disk_format: &str) -> Result<String, Error> {
        let body =
            json!({"name": "bench", "disk_format": disk_format, "container_format": "bare"}).to_string();
        let reply = self.client.send(&Method::POST, &self.path, Some(&Bytes::from(body))).await?;
        let made: Value = serde_json::from_slice(&reply.body).map_err(|_| Error::Shape("an image"))?;
        made["id"].as_str().map(str::to_owned).ok_or(Error::Shape("an image id"))
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<(), Error> {
        self.client.send(&Method::DELETE, &format!("{}/{id}", self.path), None).await.map(drop)
    }

    /// Sends so many MiB of data; how long it took until the service had them.
    pub(crate) async fn upload(&self, id: &str, mib: usize) -> Result<Duration, Error> {
        let data = self.data(id);
        beside(move || data.put(mib * (1 << 20) / BLOCK_BYTES)).await
    }

    /// Sends the content of a file.
    pub(crate) async fn upload_file(&self, id: &str, path: &Path) -> Result<Duration, Error> {
        let (data, path) = (self.data(id), path.to_owned());
        beside(move || data.put_file(&path)).await
    }

    /// Reads all of the data; how long that took.
    pub(crate) async fn download(&self, id: &str) -> Result<Duration, Error> {
        let data = self.data(id);
        beside(move || data.get()).await
    }

    fn data(&self, id: &str) -> Data {
        let path = format!("{}/{id}/file", self.path);
        Data { authority: self.authority.clone(), path, token: self.token.clone() }
    }
}

/// Does it beside the one thread, whose idle connections would be closed unseen meanwhile.
pub(crate) async fn beside(
    transfer: impl FnOnce() -> Result<Duration, Error> + Send + 'static,
) -> Result<Duration, Error> {
    let done = tokio::task::spawn_blocking(transfer).await;
    done.map_err(|_| Error::Shape("the end of a transfer"))?
}

/// The data of an image.
struct Data {
    authority: String,
    path: String,
    token: String,
}

impl Data {
    fn put(&self, blocks: usize) -> Result<Duration, Error> {
        let block = block();
        let start = Instant::now();
        let mut stream = self.begin("PUT", &format!("Content-Length: {}\r\n", blocks * BLOCK_BYTES))?;
        for _ in 0..blocks {
            stream.write_all(&block)?;
        }
        self.read(BufReader::new(stream), "PUT")?;
        Ok(start.elapsed())
    }

    fn put_file(&self, path: &Path) -> Result<Duration, Error> {
        let mut file = File::open(path)?;
        let start = Instant::now();
        let length = format!("Content-Length: {}\r\n", file.metadata()?.len());
        let mut stream = self.begin("PUT", &length)?;
        std::io::copy(&mut file, &mut stream)?;
        self.read(BufReader::new(stream), "PUT")?;
        Ok(start.elapsed())
    }

    fn get(&self) -> Result<Duration, Error> {
        let start = Instant::now();
        let stream = self.begin("GET", "")?;
        self.read(BufReader::with_capacity(BLOCK_BYTES, stream), "GET")?;
        Ok(start.elapsed())
    }

    fn begin(&self, method: &str, further: &str) -> Result<TcpStream, Error> {
        let mut stream = TcpStream::connect(&self.authority)?;
        write!(
            stream,
            "{method} {} HTTP/1.1\r\nHost: {}\r\nX-Auth-Token: {}\r\nConnection: close\r\n\
             Content-Type: application/octet-stream\r\n{further}\r\n",
            self.path, self.authority, self.token
        )?;
        Ok(stream)
    }

    /// Reads an answer to its end, and nothing of it but the first line is looked at.
    fn read(&self, mut reader: BufReader<TcpStream>, method: &str) -> Result<(), Error> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let mut buffer = vec![0; BLOCK_BYTES];
        while reader.read(&mut buffer)? > 0 {}
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(Error::Refused {
            method: method.to_owned(),
            path: self.path.clone(),
            status,
            body: String::new(),
        })
    }
}
