//! Drives a decoder with literal bytes, cut in every way, and writes down what came of it.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of the support module"
)]

use lanner_proto::h1::{Decoder, Step};
use lanner_proto::{BodyLength, Head, Limits, RejectReason, TargetForm, Version};

/// Everything the decoder said about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) form: TargetForm,
    pub(crate) version: Version,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) host: Option<String>,
    pub(crate) length: BodyLength,
    pub(crate) keep_alive: bool,
    pub(crate) expect_continue: bool,
    pub(crate) upgrade: bool,
    pub(crate) body: Vec<u8>,
    pub(crate) complete: bool,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All bytes given, no fault; so many are not consumed yet.
    Waiting {
        left: usize,
    },
    Reject(RejectReason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) requests: Vec<Request>,
    pub(crate) end: End,
}

impl Run {
    /// The only request of a run that ended between requests.
    pub(crate) fn one(self) -> Request {
        assert_eq!(self.end, End::Waiting { left: 0 }, "{:?}", self.requests);
        assert_eq!(self.requests.len(), 1);
        self.requests.into_iter().next().expect("one request")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("heads are ASCII but for values")
}

fn snapshot(head: &Head, bytes: &[u8]) -> Request {
    let field = |field: &lanner_proto::Field| {
        let name = text(field.name.of(bytes));
        let known = lanner_proto::known::id(name.as_bytes());
        assert_eq!(field.id, known, "{name}");
        (name, field.value.of(bytes).to_vec())
    };
    Request {
        method: text(head.method_span.of(bytes)),
        target: text(head.target.of(bytes)),
        form: head.form,
        version: head.version,
        path: text(head.path_bytes(bytes)),
        query: head.query.map(|query| text(query.of(bytes))),
        fields: head.fields.iter().map(field).collect(),
        host: head.host.map(|host| text(host.of(bytes))),
        length: head.body,
        keep_alive: head.keep_alive,
        expect_continue: head.expect_continue,
        upgrade: head.upgrade,
        body: Vec::new(),
        complete: head.body == BodyLength::None,
        trailers: Vec::new(),
    }
}

/// Gives the pieces one after another, as reads of a socket would.
pub(crate) fn run_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: &Limits) -> Run {
    let mut decoder = Decoder::new();
    let mut head = Head::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut requests: Vec<Request> = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let most = 2 * buffer.len() + 4;
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps <= most, "the decoder makes no progress");
            match decoder.step(&buffer, &mut head, limits) {
                Step::Incomplete { consumed } => {
                    buffer.drain(..consumed);
                    break;
                }
                Step::Head { start, len } => {
                    requests.push(snapshot(&head, &buffer[start..start + len]));
                    assert_eq!(decoder.in_body(), head.body != BodyLength::None);
                    buffer.drain(..start + len);
                }
                Step::Data { start, len } => {
                    assert!(len > 0, "empty data");
                    let request = requests.last_mut().expect("data follows a head");
                    request.body.extend_from_slice(&buffer[start..start + len]);
                    buffer.drain(..start + len);
                }
                Step::BodyEnd { consumed } => {
                    let request = requests.last_mut().expect("an end follows a head");
                    request.complete = true;
                    for field in &head.trailers {
                        let name = text(field.name.of(&head.trailer_bytes));
                        let value = field.value.of(&head.trailer_bytes).to_vec();
                        request.trailers.push((name, value));
                    }
                    buffer.drain(..consumed);
                    assert!(!decoder.in_body());
                }
                Step::Reject(reason) => {
                    let again = decoder.step(&buffer, &mut head, limits);
                    assert_eq!(again, Step::Reject(reason), "a reject is final");
                    assert!(!decoder.in_body() && !decoder.is_idle());
                    return Run {
                        requests,
                        end: End::Reject(reason),
                    };
                }
            }
        }
    }
    Run {
        requests,
        end: End::Waiting { left: buffer.len() },
    }
}

/// Gives all bytes at once.
pub(crate) fn run(bytes: &[u8], limits: &Limits) -> Run {
    run_pieces([bytes], limits)
}

/// Runs the bytes whole, byte by byte, and cut in two at every position (of long inputs: at many);
/// all must agree.
pub(crate) fn run_every_way(bytes: &[u8], limits: &Limits) -> Run {
    let whole = run(bytes, limits);
    let dribble = run_pieces(bytes.chunks(1), limits);
    assert_eq!(dribble, whole, "byte by byte: {}", bytes.escape_ascii());
    let stride = bytes.len() / 512 + 1;
    for at in (0..=bytes.len()).step_by(stride) {
        let (first, second) = bytes.split_at(at);
        let split = run_pieces([first, second], limits);
        assert_eq!(split, whole, "cut at {at}: {}", bytes.escape_ascii());
    }
    whole
}

const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: next\r\n\r\n";

/// A message that must be accepted: every way, and with requests before and behind it on the
/// connection. Returns it.
pub(crate) fn accept_with(bytes: &[u8], limits: &Limits) -> Request {
    let run = run_every_way(bytes, limits);
    assert_eq!(
        run.end,
        End::Waiting { left: 0 },
        "{}",
        bytes.escape_ascii()
    );
    assert_eq!(run.requests.len(), 1, "{}", bytes.escape_ascii());
    assert!(run.requests[0].complete, "{}", bytes.escape_ascii());
    let pipelined = [NEXT, bytes, NEXT].concat();
    let behind = run_every_way(&pipelined, limits);
    assert_eq!(
        behind.end,
        End::Waiting { left: 0 },
        "{}",
        pipelined.escape_ascii()
    );
    assert_eq!(behind.requests.len(), 3);
    assert_eq!(behind.requests[1], run.requests[0]);
    assert_eq!(behind.requests[2].path, "/next");
    run.one()
}

/// [`accept_with`] under the default limits.
pub(crate) fn accept(bytes: &[u8]) -> Request {
    accept_with(bytes, &Limits::default())
}

/// A message that must be refused for this reason: every way, also behind a good request, and also
/// with more bytes behind it.
pub(crate) fn refuse_with(bytes: &[u8], reason: RejectReason, limits: &Limits) {
    let run = run_every_way(bytes, limits);
    assert_eq!(run.end, End::Reject(reason), "{}", bytes.escape_ascii());
    for pipelined in [[NEXT, bytes].concat(), [bytes, NEXT].concat()] {
        let run = run_every_way(&pipelined, limits);
        assert_eq!(run.end, End::Reject(reason), "{}", pipelined.escape_ascii());
    }
}

/// [`refuse_with`] under the default limits.
pub(crate) fn refuse(bytes: &[u8], reason: RejectReason) {
    refuse_with(bytes, reason, &Limits::default());
}

/// A valid head around one request line.
pub(crate) fn with_line(line: &str) -> Vec<u8> {
    format!("{line}\r\nHost: a\r\n\r\n").into_bytes()
}

/// A valid head around some field lines, which bring their own line ends but the last.
pub(crate) fn with_fields(fields: &[u8]) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: a\r\n", fields, b"\r\n\r\n"].concat()
}
