//! Sockets: bound before anything else can go wrong, served with limits, drained at the end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ledger::Supervisor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cli::Failure;

/// Most connections to one port at the same time.
const MAX_CONNECTIONS: usize = 4096;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests that are under way at the end may take.
const DRAIN: Duration = Duration::from_secs(10);
/// Pause after the system refuses a connection (no file descriptors, say).
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Binds a port. `address` becomes the one that was bound: the system chooses where the port is 0.
pub(super) async fn bind(name: &str, address: &mut SocketAddr) -> Result<TcpListener, Failure> {
    let cannot = |error| format!("cannot listen on {address} for the {name} API: {error}");
    let socket = TcpListener::bind(*address).await.map_err(cannot)?;
    *address = socket.local_addr().map_err(cannot)?;
    Ok(socket)
}

/// Serves `router` on `listener` until the supervisor stops.
pub(super) async fn serve(listener: TcpListener, router: Router, supervisor: Supervisor) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stopping = supervisor.stopping();
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(AFTER_REFUSAL).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, router.clone()));
        supervisor.spawn(async move {
            // A client that breaks off is its own affair.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were cut off");
    }
}

/// The next connection, once there is a place for one.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

type Connection = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router) -> Connection {
    // Small answers must not wait for the client's acknowledgement; a socket that cannot be told works all the same.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
