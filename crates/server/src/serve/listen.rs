//! Sockets: bound before anything else can go wrong, served with limits, drained at the end.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ledger::Supervisor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;
use tower::util::Oneshot;

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

/// What answers the requests of a connection.
#[derive(Clone)]
struct Reception {
    router: Router,
    peer: IpAddr,
    is_proxy_believed: bool,
}

impl Service<Request<Incoming>> for Reception {
    type Response = Response;
    type Error = Infallible;
    type Future = Oneshot<Router, Request<Incoming>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        api::http::receive(&mut request, self.peer, self.is_proxy_believed);
        self.router.clone().oneshot(request)
    }
}

/// Serves `router` on `listener` until the supervisor stops. Whether what proxies say of clients `is_proxy_believed`.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    is_proxy_believed: bool,
    supervisor: Supervisor,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stopping = supervisor.stopping();
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(AFTER_REFUSAL).await;
                continue;
            }
        };
        let reception = Reception { router: router.clone(), peer, is_proxy_believed };
        let connection = graceful.watch(connection(stream, reception));
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
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer.ip().to_canonical(), place))
}

type Connection = http1::Connection<TokioIo<TcpStream>, Reception>;

fn connection(stream: TcpStream, reception: Reception) -> Connection {
    // Small answers must not wait for the client's acknowledgement; a socket that cannot be told works all the same.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), reception)
}
