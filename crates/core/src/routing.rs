//! Who answers a request: a handler, or the core itself.
//!
//! Asked by the connection for each head, and by requests that come without a socket. Promises
//! that what matches no route (404), another method (405) or only asks (OPTIONS) needs no isolate,
//! unless middleware covers its path.

use lanner_proto::{Found, Method, RouteTable, TargetForm};

use crate::config::Config;
use crate::context::Scratch;
use crate::dispatch::layout;
use crate::native_reply::NativeReply;

/// Who answers.
#[derive(Debug)]
pub enum Answer {
    /// A handler.
    Isolate {
        /// Number of the route. `ABSENT` for the one that answers 404; below it, downwards, for the
        /// one that answers 405 or OPTIONS: `ABSENT - 1 -` the number of the `Allow` value.
        route: u32,
    },
    /// The core.
    Core(NativeReply),
}

/// Routes the request whose head is in `scratch`; its parameters are left there.
pub fn find_answer(
    routes: &RouteTable,
    config: &Config,
    scratch: &mut Scratch,
    head_bytes: &[u8],
) -> Answer {
    let head = &scratch.head;
    scratch.params.clear();
    if head.form == TargetForm::Asterisk {
        return Answer::Core(NativeReply::OptionsServer);
    }
    let name = head.method_span.of(head_bytes);
    let path = head.path_bytes(head_bytes);
    let found = routes.find(head.method, name, path, &mut scratch.params);
    if let Found::Route(route) = found {
        return Answer::Isolate { route };
    }
    if let Some(covered) = &config.covered {
        let params = &mut scratch.params;
        let is_covered = covered.find(Method::Get, b"GET", path, params) != Found::NotFound;
        params.clear();
        if is_covered {
            let route = unrouted(routes, &found);
            return Answer::Isolate { route };
        }
    }
    match found {
        Found::Route(route) => Answer::Isolate { route },
        Found::NotFound if config.fallback => Answer::Isolate {
            route: layout::ABSENT,
        },
        Found::NotFound => Answer::Core(NativeReply::NotFound),
        Found::MethodNotAllowed { allow } => Answer::Core(NativeReply::MethodNotAllowed {
            allow: allow.into(),
        }),
        Found::Options { allow } => Answer::Core(NativeReply::Options {
            allow: allow.into(),
        }),
    }
}

/// The number by which the isolate knows what no route takes.
fn unrouted(routes: &RouteTable, found: &Found<'_>) -> u32 {
    match found {
        Found::MethodNotAllowed { allow } | Found::Options { allow } => {
            let number = u32::try_from(routes.allow_number(allow)).unwrap_or_default();
            layout::ABSENT - 1 - number
        }
        Found::Route(_) | Found::NotFound => layout::ABSENT,
    }
}
