//! What a connection tells whoever watches: what it refused, which limits it hit.
//!
//! Called beside the counters, where a refusal or a limit has been decided. Promises one load and
//! nothing else while nobody watches. What happens with it is in `sightings`.

use super::connection::Connection;
use super::end::End;
use crate::context::Context;
use crate::metrics::bump;
use crate::sightings::{Breach, Cause, Whom};

impl Connection {
    /// Tells of `cause`; `bytes` begin with what was refused.
    pub(super) fn sight(&self, cx: &Context, cause: Cause, bytes: &[u8]) {
        if cx.board.sightings.wants(cause) {
            let whom = Whom {
                connection: Some(self.id),
                remote: self.remote,
                local: self.local,
            };
            cx.board.tell(cause, whom, bytes, cx.now);
        }
    }

    /// Counts and tells that a body is not dropped any further, and ends the connection.
    pub(super) fn give_up_drain(&mut self, cx: &Context) {
        bump(&cx.counters.drains_given_up, 1);
        self.sight(cx, Cause::Limit(Breach::DrainGivenUp), &[]);
        self.begin_close(End::DrainGivenUp);
    }

    /// Counts and tells that the connection ends because of its number of requests, or its age, and
    /// for nothing else.
    pub(super) fn tell_worn(&self, cx: &Context, breach: Breach) {
        let counter = match breach {
            Breach::ConnectionUsedUp => &cx.counters.connections_used_up,
            _ => &cx.counters.connections_aged_out,
        };
        bump(counter, 1);
        self.sight(cx, Cause::Limit(breach), &[]);
    }
}
