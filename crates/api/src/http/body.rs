//! Request bodies, as far as they are wanted.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// How long a client may take to send a body. One that drips would hold its connection, which are counted, for ever.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// The client went away, was too slow, or broke the framing.
    Broken,
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// It is larger, or does not arrive whole and in time.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(ARRIVES_WITHIN, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) | Err(_) => Err(BodyError::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        assert_eq!(read_body(Body::from("four"), 4).await, Ok(Bytes::from("four")));
        assert_eq!(read_body(Body::from("four"), 3).await, Err(BodyError::TooLarge));
    }
}
