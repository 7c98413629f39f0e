//! A response body that is read from storage while it is sent: the next chunk is read while one is on its way.

use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use operations::image::download::Data;
use tokio::task::JoinHandle;

use super::range::Part;

/// Bytes that are read at a time: large enough that the hand-over to a thread does not count.
const CHUNK_BYTES: u64 = 1 << 20;

/// A part of data on its way to a client.
struct Sending {
    data: Arc<dyn Data>,
    rest: Part,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    left_to_send: u64,
}

/// The body that sends `part` of `data`.
pub(super) fn body(data: Arc<dyn Data>, part: Part) -> Body {
    let mut sending = Sending { data, rest: part, reading: None, left_to_send: part.length };
    sending.read_on();
    Body::new(sending)
}

impl Sending {
    /// Begins to read the next chunk.
    fn read_on(&mut self) {
        let length = self.rest.length.min(CHUNK_BYTES);
        if length == 0 {
            return;
        }
        let (data, at) = (Arc::clone(&self.data), self.rest.at);
        self.rest = Part { at: at + length, length: self.rest.length - length };
        self.reading = Some(tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; usize::try_from(length).unwrap_or(0)];
            data.read_at(&mut buffer, at)?;
            Ok(Bytes::from(buffer))
        }));
    }
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(reading) = self.reading.as_mut() else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let chunk = match read {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(error)) => {
                tracing::error!(%error, "an image cannot be read to its end");
                return Poll::Ready(Some(Err(error)));
            }
            Err(error) => return Poll::Ready(Some(Err(io::Error::other(error)))),
        };
        self.left_to_send -= chunk.len() as u64;
        self.read_on();
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_to_send)
    }

    fn is_end_stream(&self) -> bool {
        self.left_to_send == 0
    }
}

/// What can only be read from front to back, on its way to a client. A thread is taken while a chunk is read, and none
/// while a slow client is waited for.
struct Passing {
    reading: Option<Reading>,
}

/// A chunk that is being read, and what the next one is read from.
type Reading = JoinHandle<(Box<dyn Read + Send>, io::Result<Bytes>)>;

/// The body that sends what `reader` gives. When the client goes away, reading ends with the next chunk.
pub(super) fn through(reader: Box<dyn Read + Send>) -> Body {
    Body::new(Passing { reading: Some(read_next(reader)) })
}

fn read_next(mut reader: Box<dyn Read + Send>) -> Reading {
    tokio::task::spawn_blocking(move || {
        let mut buffer = vec![0; usize::try_from(CHUNK_BYTES).unwrap_or(0)];
        let read = reader.read(&mut buffer).map(|length| {
            buffer.truncate(length);
            Bytes::from(buffer)
        });
        (reader, read)
    })
}

impl http_body::Body for Passing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(reading) = self.reading.as_mut() else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let chunk = match read {
            Ok((_, Ok(chunk))) if chunk.is_empty() => return Poll::Ready(None),
            Ok((reader, Ok(chunk))) => {
                self.reading = Some(read_next(reader));
                chunk
            }
            Ok((_, Err(error))) => return Poll::Ready(Some(Err(error))),
            Err(error) => return Poll::Ready(Some(Err(io::Error::other(error)))),
        };
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}
