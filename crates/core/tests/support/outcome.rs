//! What became of a connection: the statuses, the end, and what handlers saw.
//!
//! For tests that ask what a server made of bytes and not for the bytes of its replies.

use lanner_bridge::SlotId;

use super::entries::Entry;
use super::records::text;
use super::wire::{End, Handler, Setup, Wire};

/// A request as its handler saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `METHOD target`.
    pub(crate) line: String,
    pub(crate) body: Vec<u8>,
    /// Whether all of the body came.
    pub(crate) whole: bool,
}

/// The result of feeding some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The status of each final reply, in order.
    pub(crate) statuses: Vec<u16>,
    /// The requests that reached handlers.
    pub(crate) seen: Vec<Seen>,
    /// Whether our side ended the connection.
    pub(crate) ended: bool,
}

impl Outcome {
    /// One refusal that ends the connection, and no handler got a whole request.
    pub(crate) fn is_refusal(&self) -> bool {
        self.ended
            && matches!(self.statuses[..], [400..=599])
            && !self.seen.iter().any(|seen| seen.whole)
    }
}

/// Feeds the pieces to a connection whose handlers read everything and reply without a body.
pub(crate) fn outcome<'a>(setup: &Setup, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut wire = Wire::served(setup, reader());
    for piece in pieces {
        wire.feed(piece);
    }
    let mut seen: Vec<(SlotId, Seen)> = Vec::new();
    for entry in wire.entries() {
        let slot = entry.slot();
        let open = seen.iter_mut().rev().find(|(other, _)| *other == slot);
        match (entry, open) {
            (Entry::Request(request), _) => {
                let (line, whole) = (
                    format!("{} {}", request.method, request.target),
                    request.is_complete(),
                );
                seen.push((
                    slot,
                    Seen {
                        line,
                        body: request.body,
                        whole,
                    },
                ));
            }
            (Entry::Body { bytes, last, .. }, Some((_, seen))) => {
                seen.body.extend_from_slice(&bytes);
                seen.whole |= last;
            }
            (Entry::BodyEnd { .. }, Some((_, seen))) => seen.whole = true,
            _ => {}
        }
    }
    Outcome {
        statuses: statuses(&wire.sent()),
        seen: seen.into_iter().map(|(_, seen)| seen).collect(),
        ended: wire.end() != End::Open,
    }
}

/// The same whole, byte by byte and in two pieces at each of `cuts`.
pub(crate) fn outcome_every_way(
    name: &str,
    setup: &Setup,
    input: &[u8],
    cuts: impl IntoIterator<Item = usize>,
) -> Outcome {
    let whole = outcome(setup, [input]);
    assert_eq!(
        outcome(setup, input.chunks(1)),
        whole,
        "{name}, byte by byte"
    );
    for at in cuts {
        let (first, second) = input.split_at(at.min(input.len()));
        assert_eq!(
            outcome(setup, [first, second]),
            whole,
            "{name}, cut at {at}"
        );
    }
    whole
}

fn reader() -> Handler {
    Box::new(|entry, records| match entry {
        Entry::Request(request) if request.is_complete() => {
            records.reply(request.slot, text(""));
        }
        Entry::Request(request) => {
            records.read(request.slot, 0);
        }
        Entry::Body {
            slot, bytes, last, ..
        } => {
            records.read(*slot, bytes.len() as u32);
            if *last {
                records.reply(*slot, text(""));
            }
        }
        Entry::BodyEnd { slot, .. } => {
            records.reply(*slot, text(""));
        }
        Entry::Cancel { .. } | Entry::Credit { .. } | Entry::Fault { .. } => {}
    })
}

fn statuses(sent: &[u8]) -> Vec<u16> {
    let (mut statuses, mut rest) = (Vec::new(), String::from_utf8_lossy(sent).into_owned());
    while let Some((head, after)) = rest.split_once("\r\n\r\n") {
        let status: u16 = head[9..12].parse().expect("a status");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        let length = length.map_or(0, |text| text.parse().expect("a length"));
        if status >= 200 {
            statuses.push(status);
        }
        rest = after[length..].to_owned();
    }
    assert_eq!(rest, "", "half a reply");
    statuses
}
