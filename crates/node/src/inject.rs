//! Requests without a socket: `app.inject` and `app.fetch` parse and route as a connection does.
//!
//! One complete request in, its request entry out, by the same parser, router and entry writer
//! that the I/O threads use. Synchronous, on the JavaScript thread; no thread is started for it.

use lanner_bridge::SlotId;
use lanner_core::context::Scratch;
use lanner_core::dispatch::entry::RequestEntry;
use lanner_core::dispatch::layout;
use lanner_core::{Config, Error, ErrorKind};
use lanner_proto::Limits;
use lanner_proto::RejectReason;
use lanner_proto::TargetForm;
use lanner_proto::h1::{Decoder, Step};
use lanner_proto::{Found, RouteSpec, RouteTable};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::server::NativeServer;

/// Parses and routes requests without a connection.
pub(crate) struct Injector {
    routes: RouteTable,
    limits: Limits,
    fallback: bool,
}

/// What became of an injected request.
#[napi(object)]
pub struct Injected {
    /// The request entry, when a handler answers.
    pub entry: Option<Uint8Array>,
    /// The status that the core replies by itself.
    pub status: u32,
    /// Value of `Allow`, where the core sends one.
    pub allow: Option<String>,
    /// Label of the refusal, where the request is malformed.
    pub reject: Option<String>,
}

impl Injector {
    pub(crate) fn new(config: &Config, routes: &[RouteSpec<'_>]) -> Result<Self, Error> {
        let routes = RouteTable::build(routes)
            .map_err(|error| Error::new(ErrorKind::RouteInvalid, error.to_string()))?;
        Ok(Self {
            routes,
            limits: config.limits.clone(),
            fallback: config.fallback,
        })
    }

    /// Handles the head of `raw` (its body follows in entries of its own), for slot `slot`.
    fn inject(&self, raw: &[u8], slot: u32) -> Injected {
        let mut scratch = Scratch::default();
        let mut decoder = Decoder::new();
        let (start, len) = match decoder.step(raw, &mut scratch.head, &self.limits) {
            Step::Head { start, len } => (start, len),
            Step::Reject(reason) => return Injected::refused(reason),
            _ => return Injected::refused(RejectReason::InvalidRequestLine),
        };
        if let Err(reason) = decoder.limit_body(self.limits.body_bytes) {
            return Injected::refused(reason);
        }
        let head_bytes = raw.get(start..start + len).unwrap_or_default();
        let head = &scratch.head;
        if head.form == TargetForm::Asterisk {
            return Injected::answered(204, None);
        }
        let (name, path) = (head.method_span.of(head_bytes), head.path_bytes(head_bytes));
        let route = match self
            .routes
            .find(head.method, name, path, &mut scratch.params)
        {
            Found::Route(route) => route,
            Found::NotFound if self.fallback => layout::ABSENT,
            Found::NotFound => return Injected::answered(404, None),
            Found::MethodNotAllowed { allow } => return Injected::answered(405, Some(allow)),
            Found::Options { allow } => return Injected::answered(204, Some(allow)),
        };
        let entry = RequestEntry {
            slot: SlotId {
                index: slot,
                generation: 1,
            },
            route,
            head,
            head_bytes,
            params: &scratch.params,
            body: None,
            connection: 0,
            remote: None,
            local: None,
        };
        let mut bytes = Vec::new();
        entry.write(&mut bytes);
        Injected {
            entry: Some(bytes.into()),
            status: 0,
            allow: None,
            reject: None,
        }
    }
}

impl Injected {
    fn answered(status: u32, allow: Option<&[u8]>) -> Self {
        let allow = allow.map(|allow| String::from_utf8_lossy(allow).into_owned());
        Self {
            entry: None,
            status,
            allow,
            reject: None,
        }
    }

    fn refused(reason: RejectReason) -> Self {
        let mut refused = Self::answered(u32::from(reason.status()), None);
        refused.reject = Some(reason.label().into());
        refused
    }
}

#[napi]
impl NativeServer {
    /// Parses and routes one request head.
    #[napi]
    pub fn inject(&self, raw: Uint8Array, slot: u32) -> Injected {
        self.injector.inject(&raw, slot)
    }
}
