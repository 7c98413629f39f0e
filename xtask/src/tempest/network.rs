//! A network service that has no networks. Tempest leaves out whole classes of volume tests where the catalog has none, and
//! asks it, when it removes a project, for what the project left there.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// What it answers to everything.
const NOTHING: &str = r#"{"security_groups":[],"networks":[],"ports":[],"subnets":[],"routers":[]}"#;
/// Longest head of a request that is read.
const MAX_HEAD_LINES: usize = 100;

/// Serves on a free port until the process ends.
pub(crate) fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // A client that goes away has had its answer.
                let _ = answer(&stream);
            });
        }
    });
    Ok(address)
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    for line in BufReader::new(stream).lines().take(MAX_HEAD_LINES) {
        if line?.is_empty() {
            break;
        }
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{NOTHING}",
        NOTHING.len()
    )
}
