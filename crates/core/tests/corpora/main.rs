//! Hostile and conformance corpora as black boxes: bytes in, statuses and requests out.
//!
//! The facts are those of public suites, the words and the code are ours. Each case runs whole,
//! byte by byte and cut in two; where it makes sense, also before and behind a good request.

#[path = "../support/mod.rs"]
mod support;

mod probe;
mod smuggler;
mod strict;
mod tables;

use std::sync::{Arc, OnceLock};

use lanner_proto::{RouteSpec, RouteTable};
use support::wire::Setup;

/// A request that every server answers.
const GOOD: &[u8] = b"GET / HTTP/1.1\r\nHost: good\r\n\r\n";

/// A server with one handler for everything: whatever it takes for a request is seen.
fn setup() -> Setup {
    static TABLE: OnceLock<Arc<RouteTable>> = OnceLock::new();
    routes(&TABLE, &[("*", "/*rest")])
}

/// A server with these routes, whose table is built once.
fn routes(table: &OnceLock<Arc<RouteTable>>, routes: &[(&str, &str)]) -> Setup {
    let build = || {
        let specs: Vec<_> = routes
            .iter()
            .map(|&(method, pattern)| RouteSpec { method, pattern })
            .collect();
        Arc::new(RouteTable::build(&specs).expect("routes of tests are valid"))
    };
    Setup {
        routes: Arc::clone(table.get_or_init(build)),
        ..Setup::default()
    }
}
