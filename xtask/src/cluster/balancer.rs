//! One address before several servers: each connection goes to the one whose turn it is, or to the next that takes it.

use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Listens on a free port of `address` until the process ends, and passes on what comes to `servers`. Where it listens.
pub(super) fn before(address: IpAddr, servers: Vec<SocketAddr>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((address, 0))?;
    let at = listener.local_addr()?;
    let servers = Arc::new(servers);
    thread::spawn(move || {
        for (turn, client) in listener.incoming().flatten().enumerate() {
            let servers = Arc::clone(&servers);
            thread::spawn(move || {
                let from = turn % servers.len().max(1);
                let in_turn = servers.iter().cycle().skip(from).take(servers.len());
                // Who goes away ends the connection of the other.
                let _ =
                    in_turn.map(TcpStream::connect).find_map(Result::ok).map(|server| join(&client, &server));
            });
        }
    });
    Ok(at)
}

/// Copies in both directions until both have said everything.
fn join(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    thread::scope(|scope| {
        scope.spawn(|| copy(client, server));
        copy(server, client);
    });
    Ok(())
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::Ipv4Addr;

    use super::*;

    /// Answers each connection with its name when the other has said everything.
    fn server(name: &'static str) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                stream.read_to_end(&mut Vec::new()).unwrap();
                stream.write_all(name.as_bytes()).unwrap();
            }
        });
        at
    }

    fn ask(at: SocketAddr) -> String {
        let mut stream = TcpStream::connect(at).unwrap();
        stream.write_all(b"who?").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn they_take_turns_and_who_is_away_is_passed_over() {
        let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let servers = vec![server("a"), nobody, server("b")];
        let at = before(Ipv4Addr::LOCALHOST.into(), servers).unwrap();
        let answers: Vec<_> = (0..6).map(|_| ask(at)).collect();
        assert_eq!(answers, ["a", "b", "b", "a", "b", "b"]);
    }
}
