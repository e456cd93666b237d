//! Requests without a socket: `app.inject` and `app.fetch` parse and route as a connection does.
//!
//! One complete request in, its request entry out, by the same parser, router and entry writer
//! that the I/O threads use. Synchronous, on the JavaScript thread; no thread is started for it.

use std::cell::RefCell;

use lanner_bridge::SlotId;
use lanner_core::context::Scratch;
use lanner_core::dispatch::entry::{self, RequestEntry};
use lanner_core::dispatch::layout;
use lanner_core::native_reply::NativeReply;
use lanner_core::routing::{Answer, find_answer};
use lanner_core::rules::RuleTable;
use lanner_core::{Config, Error, ErrorKind};
use lanner_proto::h1::{Decoder, Step};
use lanner_proto::{Method, RejectReason, RouteSpec, RouteTable};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::server::NativeServer;

/// Parses and routes requests without a connection.
pub(crate) struct Injector {
    routes: RouteTable,
    rules: RuleTable,
    config: Config,
}

/// What the core replied by itself.
#[napi(object)]
#[derive(Clone)]
pub struct NativeAnswer {
    /// Status code.
    pub status: u32,
    /// Names and values.
    pub headers: Vec<Vec<String>>,
    /// The body.
    pub body: String,
}

thread_local! {
    static LAST: RefCell<Option<NativeAnswer>> = const { RefCell::new(None) };
}

impl Injector {
    pub(crate) fn new(config: &Config, routes: &[RouteSpec<'_>]) -> Result<Self, Error> {
        let (routes, _) = config.probes.extend(routes);
        let routes = RouteTable::build(&routes)
            .map_err(|error| Error::new(ErrorKind::RouteInvalid, error.to_string()))?;
        Ok(Self {
            routes,
            rules: RuleTable::new(config),
            config: config.clone(),
        })
    }

    /// The values of `Allow` in the order of the numbers by which entries name them.
    pub(crate) fn allow_values(&self) -> Vec<String> {
        let values = self.routes.allow_values();
        values
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// Writes the entry of the request whose head begins `raw` into `into`, for slot 0; its body
    /// follows in entries of its own.
    fn encode(&self, raw: &[u8], into: &mut [u8]) -> Result<usize, NativeAnswer> {
        let mut scratch = Scratch::default();
        let mut decoder = Decoder::new();
        let (start, len) = match decoder.step(raw, &mut scratch.head, &self.config.limits) {
            Step::Head { len, .. } if !entry::fits(&scratch.head, len) => {
                return Err(refused(RejectReason::HeadersTooLarge));
            }
            Step::Head { start, len } => (start, len),
            Step::Reject(reason) => return Err(refused(reason)),
            _ => return Err(refused(RejectReason::InvalidRequestLine)),
        };
        if scratch.head.method == Method::Connect {
            return Err(refused(RejectReason::UnsupportedConnect));
        }
        let head_bytes = raw.get(start..start + len).unwrap_or_default();
        let answer = find_answer(&self.routes, &self.config, &mut scratch, head_bytes);
        let route = match &answer {
            Answer::Isolate { route } => *route,
            Answer::Core(_) => layout::ABSENT,
        };
        let rules = self.rules.of_route(route);
        decoder.limit_body(rules.body_bytes).map_err(refused)?;
        if let Answer::Core(reply) = &answer {
            return Err(answered(reply));
        }
        let entry = RequestEntry {
            slot: SlotId {
                index: 0,
                generation: 1,
            },
            route,
            head: &scratch.head,
            head_bytes,
            params: &scratch.params,
            body: None,
            connection: 0,
            remote: None,
            local: None,
            proxy: None,
        };
        let mut bytes = Vec::new();
        entry.write(&mut bytes);
        match into.get_mut(..bytes.len()) {
            Some(into) => into.copy_from_slice(&bytes),
            None => return Err(refused(RejectReason::HeadersTooLarge)),
        }
        Ok(bytes.len())
    }
}

fn answered(reply: &NativeReply) -> NativeAnswer {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut headers = Vec::new();
    headers.extend(
        reply
            .field()
            .map(|(name, value)| vec![text(name), text(value)]),
    );
    if !reply.body().is_empty() {
        headers.push(vec![
            "content-type".into(),
            "application/problem+json".into(),
        ]);
    }
    NativeAnswer {
        status: u32::from(reply.status()),
        headers,
        body: text(reply.body()),
    }
}

fn refused(reason: RejectReason) -> NativeAnswer {
    NativeAnswer {
        status: u32::from(reason.status()),
        headers: Vec::new(),
        body: String::new(),
    }
}

/// Parses and routes one request. Returns the size of its entry, or minus the status of what the
/// core replies by itself (`last_native` has the rest).
#[napi]
pub fn encode_request(server: &NativeServer, raw: Uint8Array, mut into: Uint8Array) -> i32 {
    // SAFETY: JavaScript does not run during this call, and nobody else has the array's memory.
    let into = unsafe { into.as_mut() };
    match server.injector.encode(&raw, into) {
        Ok(size) => i32::try_from(size).unwrap_or(i32::MAX),
        Err(answer) => {
            let status = answer.status as i32;
            LAST.set(Some(answer));
            -status
        }
    }
}

/// What the core replied to the last request that `encode_request` did not write.
#[napi]
pub fn last_native() -> Option<NativeAnswer> {
    LAST.take()
}
