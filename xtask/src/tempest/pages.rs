//! What tempest expects around the service: a network service that has no networks, and images on the web. Tempest leaves out
//! whole classes of volume tests where the catalog has no networks, and asks for what a project left there.

#[path = "../../../crates/inspect/tests/images/craft.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the inspector's own tests use the rest")]
mod craft;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::thread;

/// What the network service answers to everything.
const NOTHING: &str = r#"{"security_groups":[],"networks":[],"ports":[],"subnets":[],"routers":[]}"#;
/// The image on the web that is raw, and that which is qcow2.
pub(super) const RAW_IMAGE: &str = "image.raw";
pub(super) const QCOW2_IMAGE: &str = "image.qcow2";
/// How large the raw one is.
const RAW_BYTES: usize = 64 << 10;
/// Longest head of a request that is read.
const MAX_HEAD_LINES: usize = 100;
/// Somewhere outside, as tempest has it; nothing is sent there.
const OUTSIDE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(1, 1, 1, 1), 80);

/// A page: its content type and its content.
type Page = (&'static str, Vec<u8>);

/// The network service, on a free port until the process ends.
pub(super) fn networks() -> io::Result<SocketAddr> {
    serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), |_| ("application/json", NOTHING.into()))
}

/// The images, on a free port until the process ends. Tempest serves images itself under the address by which this machine
/// reaches others, and these are there too: what may be fetched is then one host.
pub(super) fn images() -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let host = socket.connect(OUTSIDE).and_then(|()| socket.local_addr());
    let host = host.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip());
    serve(SocketAddr::from((host, 0)), |path| {
        let is_qcow2 = path.ends_with(QCOW2_IMAGE);
        ("application/octet-stream", if is_qcow2 { craft::qcow2() } else { vec![b'b'; RAW_BYTES] })
    })
}

fn serve(at: SocketAddr, page: fn(&str) -> Page) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(at)?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // A client that goes away has had its answer.
                let _ = answer(&stream, page);
            });
        }
    });
    Ok(address)
}

fn answer(mut stream: &TcpStream, page: fn(&str) -> Page) -> io::Result<()> {
    let mut head = Vec::new();
    for line in BufReader::new(stream).lines().take(MAX_HEAD_LINES) {
        let line = line?;
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let (content_type, content) = page(path);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    )?;
    stream.write_all(&content)
}
