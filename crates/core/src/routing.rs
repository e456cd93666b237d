//! Who answers a request: a handler, or the core itself.
//!
//! Asked by the connection for each head, and by requests that come without a socket. Promises
//! that what matches no route (404), another method (405) or only asks (OPTIONS) needs no isolate.

use lanner_proto::{Found, RouteTable, TargetForm};

use crate::context::Scratch;
use crate::dispatch::layout;
use crate::native_reply::NativeReply;

/// Who answers.
#[derive(Debug)]
pub enum Answer {
    /// The handler of a route, or the fallback handler (`ABSENT`).
    Isolate {
        /// Number of the route.
        route: u32,
    },
    /// The core.
    Core(NativeReply),
}

/// Routes the request whose head is in `scratch`; its parameters are left there.
pub fn find_answer(
    routes: &RouteTable,
    fallback: bool,
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
    match routes.find(head.method, name, path, &mut scratch.params) {
        Found::Route(route) => Answer::Isolate { route },
        Found::NotFound if fallback => Answer::Isolate {
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
