//! hyper's side: its server over a pipe in memory, polled by hand.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use super::events::{Event, Log};

/// A peer that sent its bytes and waits for what comes.
struct Pipe {
    input: Vec<u8>,
    at: usize,
    output: Rc<RefCell<Vec<u8>>>,
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.input[self.at..];
        let n = rest.len().min(into.remaining());
        if n == 0 {
            return Poll::Pending;
        }
        into.put_slice(&rest[..n]);
        self.at += n;
        Poll::Ready(Ok(()))
    }
}

impl Write for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.output.borrow_mut().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A reply without a body.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

type SharedLog = Rc<RefCell<Log>>;

/// Reads the request to its end, as far as it comes.
async fn serve(log: SharedLog, request: Request<Incoming>) -> Result<Response<Nothing>, Broken> {
    log.borrow_mut()
        .head(request.method().as_str(), &request.uri().to_string());
    let mut body = request.into_body();
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        match frame {
            None => break,
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    log.borrow_mut().data(&data);
                }
            }
            Some(Err(_)) => {
                let status = 400;
                log.borrow_mut().add(Event::Refused { status, reason: "" });
                return Err(Broken);
            }
        }
    }
    log.borrow_mut().end();
    Ok(Response::new(Nothing))
}

/// The request's body was malformed.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

/// Feeds the bytes and says what became of them.
pub(crate) fn run(input: &[u8]) -> Vec<Event> {
    let output = Rc::new(RefCell::new(Vec::new()));
    let log: SharedLog = Rc::default();
    let pipe = Pipe {
        input: input.to_vec(),
        at: 0,
        output: Rc::clone(&output),
    };
    let shared = Rc::clone(&log);
    let service = service_fn(move |request| serve(Rc::clone(&shared), request));
    let mut connection = pin!(http1::Builder::new().serve_connection(pipe, service));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let ended = loop {
        let polled = connection.as_mut().poll(&mut cx);
        if polled.is_ready() || !woken.0.swap(false, SeqCst) {
            break polled;
        }
    };
    let status = last_status(&output.borrow());
    let log = std::mem::take(&mut *log.borrow_mut());
    if log.has_refused() {
        return log.events();
    }
    log.finish(match (ended, status) {
        (Poll::Pending, _) => Event::Waiting,
        (Poll::Ready(_), status @ 400..) => Event::Refused { status, reason: "" },
        (Poll::Ready(Err(_)), _) => Event::Refused {
            status: 0,
            reason: "",
        },
        (Poll::Ready(Ok(())), _) => Event::Closed,
    })
}

/// The status of the last reply; 0 when there is none.
fn last_status(output: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(output);
    let last = text
        .rfind("HTTP/1.")
        .and_then(|at| text.get(at + 9..at + 12));
    last.and_then(|code| code.parse().ok()).unwrap_or(0)
}
