//! A proxy that spoils what goes through it: one connection for each request, whole requests, whole answers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// What happens to the requests that come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// They are answered with this status, and nobody hears of them.
    Status(u16),
    /// The server gets them, and the connection is cut before the answer.
    CutAfter,
    /// The connection is cut in the middle of the request.
    CutBefore,
    /// They take this much longer.
    Slow(Duration),
}

/// A proxy in front of a server.
pub(crate) struct Proxy {
    pub(crate) at: SocketAddr,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    fault: Option<Fault>,
    method: &'static str,
    left: usize,
    met: usize,
}

impl Proxy {
    pub(crate) fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let shared = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let plan = Arc::clone(&shared);
                thread::spawn(move || serve(client, server, &plan));
            }
        });
        Self { at, plan }
    }

    /// Spoils the next `times` requests of `method`.
    pub(crate) fn spoil(&self, fault: Fault, method: &'static str, times: usize) {
        *self.plan.lock().unwrap() = Plan { fault: Some(fault), method, left: times, met: 0 };
    }

    /// How many were spoilt since; none are from now on.
    pub(crate) fn heal(&self) -> usize {
        std::mem::take(&mut *self.plan.lock().unwrap()).met
    }
}

/// Carries one request. A connection that breaks is the end of it.
fn serve(mut client: TcpStream, server: SocketAddr, plan: &Mutex<Plan>) -> Option<()> {
    let (head, body) = request(&mut client)?;
    let fault = {
        let mut plan = plan.lock().unwrap();
        let is_meant = plan.left > 0 && head.starts_with(plan.method);
        if is_meant {
            plan.left -= 1;
            plan.met += 1;
        }
        plan.fault.filter(|_| is_meant)
    };
    match fault {
        Some(Fault::Status(status)) => {
            let answer =
                format!("HTTP/1.1 {status} Spoilt\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return client.write_all(answer.as_bytes()).ok();
        }
        Some(Fault::CutBefore) => return client.shutdown(Shutdown::Both).ok(),
        Some(Fault::Slow(time)) => thread::sleep(time),
        Some(Fault::CutAfter) | None => {}
    }
    let mut upstream = TcpStream::connect(server).ok()?;
    upstream.write_all(head.trim_end().as_bytes()).ok()?;
    upstream.write_all(b"\r\nConnection: close\r\n\r\n").ok()?;
    upstream.write_all(&body).ok()?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).ok()?;
    if fault == Some(Fault::CutAfter) {
        return client.shutdown(Shutdown::Both).ok();
    }
    client.write_all(&answer).ok()
}

/// The head of a request, and its body.
fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|it| it == b"\r\n\r\n") {
            break end + 4;
        }
        let mut part = [0; 4096];
        let length = client.read(&mut part).ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&part[..length]);
        assert!(read.len() < MAX_HEAD_BYTES + (64 << 20), "a head without an end");
    };
    let mut body = read.split_off(end);
    let head = String::from_utf8(read).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let missing = length.unwrap_or(0).saturating_sub(body.len());
    let from = body.len();
    body.resize(from + missing, 0);
    client.read_exact(&mut body[from..]).ok()?;
    Some((head, body))
}
