//! Accepting: one thread accepts for all and gives each connection to the least loaded.
//!
//! Promises that a system without descriptors is left alone for a moment and tried again, that a
//! connection which fails on its way in harms no other, and that a burst does not starve the
//! connections that are open.

use std::io;

use lanner_proto::RejectReason;
use mio::Token;

use super::seats::Seated;
use super::thread::{Conn, IoThread, LISTENERS};
use crate::conn::Connection;
use crate::metrics::bump;
use crate::sightings::{Breach, Cause, Whom};
use crate::transport::listen::Listener;
use crate::transport::stream::Accepted;

/// Connections accepted before the others have their turn.
const ACCEPTS_PER_TURN: usize = 128;
/// Rounds of accepting before the listeners are closed: more than a backlog.
const ACCEPTS_AT_END: usize = 64;
/// Pause after the system had no descriptor left.
pub(super) const ACCEPT_PAUSE_MS: u64 = 100;

impl IoThread {
    pub(super) fn listen(&mut self, listeners: Vec<Listener>) {
        if self.grace_until.is_some() {
            return;
        }
        for mut listener in listeners {
            let token = Token(LISTENERS - self.listeners.len());
            let interest = mio::Interest::READABLE;
            if self
                .registry
                .register(listener.source(), token, interest)
                .is_ok()
            {
                self.listeners.push(listener);
            }
        }
        self.accept_ready = true;
    }

    pub(super) fn accept(&mut self) {
        if !self.accept_ready || self.cx.now < self.accept_paused_until {
            return;
        }
        let mut left = ACCEPTS_PER_TURN;
        let mut index = 0;
        while let Some(listener) = self.listeners.get(index) {
            if left == 0 {
                return;
            }
            left -= 1;
            match listener.accept() {
                Ok(accepted) => self.place(accepted),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => index += 1,
                // The peer of this connection has gone already; the next one may be well.
                Err(error) if is_peers(&error) => {}
                Err(_) => {
                    bump(&self.cx.counters.accept_pauses, 1);
                    self.sight(Cause::Limit(Breach::AcceptPaused), None);
                    self.accept_paused_until = self.cx.now + ACCEPT_PAUSE_MS;
                    return;
                }
            }
        }
        self.accept_ready = false;
    }

    /// Closes the listeners; connections that the system has completed already are still served.
    pub(super) fn stop_accepting(&mut self) {
        let mut left = ACCEPTS_AT_END;
        self.accept_ready = !self.listeners.is_empty();
        while self.accept_ready && self.cx.now >= self.accept_paused_until && left > 0 {
            left -= 1;
            self.accept();
        }
        self.listeners.clear();
        self.accept_ready = false;
    }

    /// Gives a new connection to the I/O thread that has the fewest.
    fn place(&mut self, accepted: Accepted) {
        let mut accepted = accepted;
        if let Some(policy) = &accepted.proxy
            && !policy.trusts(accepted.remote)
        {
            if policy.required {
                let reason = RejectReason::UntrustedProxy;
                self.cx.counters.reject(reason);
                return self.sight(Cause::Reject(reason), Some(&accepted));
            }
            accepted.proxy = None;
        }
        let Some(seat) = self.shared.seats().take(self.cx.config.connections) else {
            // Without a reply (H1-07): who is over the limit is not worth a write.
            bump(&self.cx.counters.connections_refused, 1);
            return self.sight(Cause::Limit(Breach::ConnectionRefused), Some(&accepted));
        };
        let accepted = Seated { accepted, seat };
        let least = self.shared.least_loaded(self.index, self.open);
        let own = if least == self.index {
            Some(accepted)
        } else {
            self.shared.adopt(least, accepted)
        };
        if let Some(accepted) = own {
            self.adopt(accepted);
        }
    }

    /// Tells whoever watches of what happens before a connection has a number.
    fn sight(&self, cause: Cause, accepted: Option<&Accepted>) {
        if self.cx.board.sightings.wants(cause) {
            let whom = Whom {
                connection: None,
                remote: accepted.and_then(|accepted| accepted.remote),
                local: accepted.and_then(|accepted| accepted.local),
            };
            self.cx.board.tell(cause, whom, &[], self.cx.now);
        }
    }

    pub(super) fn adopt(&mut self, seated: Seated) {
        if self.grace_until.is_some_and(|until| self.cx.now >= until) {
            return;
        }
        let Seated { mut accepted, seat } = seated;
        let token = self.free.pop().unwrap_or(self.conns.len());
        if accepted
            .stream
            .register(&self.registry, Token(token))
            .is_err()
        {
            self.free.push(token);
            return;
        }
        let id = self.shared.next_connection();
        let Accepted {
            stream,
            remote,
            local,
            proxy,
        } = accepted;
        let mut http = Connection::new(token, id, remote, local, &self.cx);
        if let Some(policy) = proxy {
            http.expect_proxy(&self.cx, policy);
        }
        let conn = Conn {
            stream,
            http,
            // The first event tells; a fresh socket can be written.
            readable: false,
            read_closed: false,
            writable: true,
            dirty: false,
            starved: false,
            shut: false,
            _seat: seat,
        };
        if token == self.conns.len() {
            self.conns.push(Some(conn));
        } else if let Some(place) = self.conns.get_mut(token) {
            *place = Some(conn);
        }
        self.open += 1;
        bump(&self.cx.counters.accepted, 1);
        bump(&self.cx.counters.connections, 1);
        self.shared.set_load(self.index, self.open);
        self.arm(token);
    }
}

/// Whether an error of `accept` belongs to one connection. Anything else (no descriptor or memory
/// left, a call that the system forbids) would come again at once.
fn is_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}
