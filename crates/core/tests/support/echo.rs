//! A handler that says what it got: the request line, the body, the trailers.

use std::collections::HashMap;

use lanner_bridge::SlotId;
use lanner_core::dispatch::layout;

use super::entries::{Entry, Request};
use super::records::{Records, text};
use super::wire::Handler;

/// Replies `METHOD target` and, for a request with a body, ` body` and its trailers as
/// ` {name=value}`, once all of it is there.
pub(crate) fn echo() -> Handler {
    let mut open: HashMap<SlotId, (Request, Vec<u8>)> = HashMap::new();
    Box::new(move |entry, records| match entry {
        Entry::Request(request) if request.is_complete() => {
            reply(records, request, &request.body, &[]);
        }
        Entry::Request(request) => {
            if request.flags & layout::REQUEST_EXPECT_CONTINUE != 0 {
                records.read(request.slot, 0);
            }
            open.insert(request.slot, (Request::clone(request), Vec::new()));
        }
        Entry::Body {
            slot, bytes, last, ..
        } => {
            records.read(*slot, bytes.len() as u32);
            let (_, body) = open.get_mut(slot).expect("a piece follows its request");
            body.extend_from_slice(bytes);
            if *last {
                let (request, body) = open.remove(slot).expect("it was here");
                reply(records, &request, &body, &[]);
            }
        }
        Entry::BodyEnd { slot, trailers } => {
            let (request, body) = open.remove(slot).expect("an end follows its request");
            reply(records, &request, &body, trailers);
        }
        Entry::Cancel { slot, .. } => drop(open.remove(slot)),
        Entry::Credit { .. } | Entry::Fault { .. } => {}
    })
}

fn reply(records: &mut Records, request: &Request, body: &[u8], trailers: &[(String, String)]) {
    let mut said = format!("{} {}", request.method, request.target);
    if request.has_body() {
        said.push(' ');
        said.push_str(&String::from_utf8_lossy(body));
    }
    for (name, value) in trailers {
        said.push_str(&format!(" {{{name}={value}}}"));
    }
    records.reply(request.slot, text(&said));
}
