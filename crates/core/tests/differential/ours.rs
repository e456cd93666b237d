//! This server's side: the connection without its socket.

use std::sync::{Arc, Mutex};

use lanner_proto::{RejectReason, RouteTable};

use super::events::{Event, Log};
use crate::support::entries::Entry;
use crate::support::records::text;
use crate::support::wire::{End, Setup, Wire};

/// Feeds the bytes and says what became of them.
pub(crate) fn run(input: &[u8]) -> Vec<Event> {
    let log = Arc::new(Mutex::new(Log::default()));
    let mut setup = Setup::with(|config| config.fallback = true);
    setup.routes = Arc::new(RouteTable::build(&[]).expect("no route is wrong"));
    let shared = Arc::clone(&log);
    let mut wire = Wire::served(
        &setup,
        Box::new(move |entry, records| {
            let mut log = shared.lock().expect("not poisoned");
            let complete = match entry {
                Entry::Request(request) => {
                    log.head(&request.method, &request.target);
                    log.data(&request.body);
                    if !request.is_complete() {
                        records.read(request.slot, 0);
                    }
                    request.is_complete()
                }
                Entry::Body {
                    slot, bytes, last, ..
                } => {
                    log.data(bytes);
                    records.read(*slot, bytes.len() as u32);
                    *last
                }
                Entry::BodyEnd { .. } => true,
                Entry::Cancel { .. } | Entry::Credit { .. } | Entry::Fault { .. } => false,
            };
            if complete {
                log.end();
                records.reply(entry.slot(), text(""));
            }
        }),
    );
    wire.feed(input);
    let log = std::mem::take(&mut *log.lock().expect("not poisoned"));
    let refused = RejectReason::ALL
        .iter()
        .find(|reason| wire.rejects(reason.label()) > 0);
    log.finish(match refused {
        Some(reason) => Event::Refused {
            status: reason.status(),
            reason: reason.label(),
        },
        None if wire.end() == End::Open => Event::Waiting,
        None => Event::Closed,
    })
}
