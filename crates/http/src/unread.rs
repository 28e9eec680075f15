//! What of a request's body nobody read.
//!
//! A connection on which a body is still coming when its answer goes out is closed. A client that is not told sends its
//! next request into that, and gets no answer; and one that sends head and body in two packets, as Python's does, meets it
//! with every request that is refused before its body is looked at. So what is left of a small body is read away, and for
//! the rest the client is told.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::Version;
use axum::http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http_body::{Frame, SizeHint};
use tokio::time::timeout;

/// The most bytes that are read away.
const MOST: u64 = 64 * 1024;
/// How long what is left of a body may take to arrive.
const LONGEST: Duration = Duration::from_secs(2);

/// The body of a request that was lent to a handler, to be looked at again when the answer is there. `None` where there is
/// no body, or no connection of its own that would be closed.
pub(crate) struct Unread(Option<Lender>);

struct Lender {
    body: Arc<Mutex<Body>>,
    /// Whether reading it away would take too long, or invite what the client waits to be asked for.
    is_left: bool,
}

/// Lends the body of a request.
pub(crate) fn lend(request: Request) -> (Request, Unread) {
    let headers = request.headers();
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let has_body = length.is_some_and(|length| length > 0) || headers.contains_key(TRANSFER_ENCODING);
    if !has_body || request.version() > Version::HTTP_11 {
        return (request, Unread(None));
    }
    let is_left = length.is_some_and(|length| length > MOST) || headers.contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let lent = Body::new(Lent(Arc::clone(&body)));
    (Request::from_parts(parts, lent), Unread(Some(Lender { body, is_left })))
}

impl Unread {
    /// Reads away what is left. `false` if something stays, so that the connection cannot be used again.
    pub(crate) async fn read_away(self) -> bool {
        let Some(Lender { body, is_left }) = self.0 else {
            return true;
        };
        if locked(&body).is_end_stream() {
            return true;
        }
        if is_left {
            return false;
        }
        timeout(LONGEST, to_the_end(&body)).await.unwrap_or(false)
    }
}

async fn to_the_end(body: &Mutex<Body>) -> bool {
    let mut read = 0;
    loop {
        match std::future::poll_fn(|context| Pin::new(&mut *locked(body)).poll_frame(context)).await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => {
                read += frame.data_ref().map_or(0, |data| data.len() as u64);
                if read > MOST {
                    return false;
                }
            }
        }
    }
}

/// A body is whole between two polls, so a panic elsewhere does not spoil it.
fn locked(body: &Mutex<Body>) -> MutexGuard<'_, Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Lent(Arc<Mutex<Body>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut *locked(&self.0)).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        locked(&self.0).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        locked(&self.0).size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::http::HeaderValue;
    use futures::{StreamExt, stream};
    use http_body_util::BodyExt;
    use rstest::rstest;

    use super::*;

    /// A body of so many chunks of a kilobyte, each after a time.
    fn body(chunks: usize, pause: Duration) -> Body {
        let chunks = stream::iter(0..chunks).then(move |_| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1024]))
        });
        Body::from_stream(chunks)
    }

    fn chunked(body: Body) -> Request {
        Request::post("/")
            .header(TRANSFER_ENCODING, "chunked")
            .body(body)
            .unwrap()
    }

    #[rstest]
    #[case::little_that_is_there(4, 0, true)]
    #[case::little_that_comes(4, 400, true)]
    #[case::as_much_as_is_read(64, 0, true)]
    #[case::more(65, 0, false)]
    #[case::what_comes_too_slowly(4, 600, false)]
    #[tokio::test(start_paused = true)]
    async fn what_nobody_read_is_read_away_while_it_is_little(
        #[case] chunks: usize,
        #[case] pause: u64,
        #[case] expected: bool,
    ) {
        let (request, unread) = lend(chunked(body(chunks, Duration::from_millis(pause))));
        drop(request);

        assert_eq!(unread.read_away().await, expected);
    }

    #[tokio::test]
    async fn a_handler_reads_the_whole_body_and_nothing_is_left() {
        let (request, unread) = lend(chunked(body(3, Duration::ZERO)));

        let read = request.into_body().collect().await.unwrap().to_bytes();

        assert_eq!(read.len(), 3 * 1024);
        assert!(unread.read_away().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_waits_to_be_asked_for_its_body_is_not_asked() {
        let mut request = chunked(body(1, Duration::from_hours(1)));
        request
            .headers_mut()
            .insert(EXPECT, HeaderValue::from_static("100-continue"));
        let (request, unread) = lend(request);
        drop(request);

        assert!(!unread.read_away().await);
    }

    #[tokio::test]
    async fn where_there_is_no_body_there_is_nothing_to_read() {
        let (_, unread) = lend(Request::get("/").body(Body::empty()).unwrap());

        assert!(unread.read_away().await);
    }
}
