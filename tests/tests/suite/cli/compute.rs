//! A compute service that knows every server, for clients that look one up before they ask for an attachment.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// Starts one, which ends with the process. Gives a copy of the `clouds.yaml` that names it, in `directory`.
pub(super) fn beside(clouds_yaml: &Path, directory: &Path) -> PathBuf {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream);
        }
    });
    let text = std::fs::read_to_string(clouds_yaml).expect("the clouds.yaml of the server");
    let region = "    region_name: RegionOne\n";
    let named = format!("{region}    compute_endpoint_override: http://127.0.0.1:{port}/v2.1\n");
    let path = directory.join("clouds.yaml");
    std::fs::write(&path, text.replace(region, &named)).expect("a written clouds.yaml");
    path
}

/// `GET /v2.1/servers/{id}` finds it; there is nothing else.
fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let asked = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.strip_prefix("/v2.1/servers/") {
        Some(id) => ("200 OK", format!("{{\"server\": {{\"id\": \"{id}\", \"name\": \"server\"}}}}")),
        None => ("404 Not Found", "{}".to_owned()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
    // A client that does not wait for the answer needs none.
    let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
}
