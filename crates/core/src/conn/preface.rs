//! What may come before HTTP on a connection: the header of the PROXY protocol.
//!
//! Fed by `on_bytes` as long as the header is expected. Promises that nothing of HTTP is looked at
//! before, that the header has its own time, and that a connection which is refused here is closed
//! without a reply, because its peer is a proxy and no client. Whom to believe is
//! `transport::trust`, the header itself `lanner_proto::proxy`.

use std::net::SocketAddr;
use std::sync::Arc;

use lanner_proto::RejectReason;
use lanner_proto::proxy::{ProxySource, ProxyStep, parse_proxy};

use super::connection::Connection;
use super::deadline::Deadline;
use super::end::End;
use crate::context::{Context, Scratch};
use crate::sightings::Cause;
use crate::transport::trust::ProxyPolicy;

/// Where a connection stands with what comes before HTTP.
#[derive(Debug, Default)]
pub(super) enum Preface {
    /// Nothing comes.
    #[default]
    None,
    /// A header has to come, or may.
    Expected(Box<Expected>),
    /// A header came; this is who sent it, none for a Unix socket.
    Spoken(Option<Box<SocketAddr>>),
}

/// A header that has not come, or not all of it.
#[derive(Debug)]
pub(super) struct Expected {
    policy: Arc<ProxyPolicy>,
    /// When its time is over; 0 for never.
    until: u64,
    /// What came of it: less than the longest header.
    input: Vec<u8>,
}

impl Expected {
    /// Whether the peer may be a client without a header that has not spoken yet.
    fn may_be_absent(&self) -> bool {
        !self.policy.required && self.input.is_empty()
    }
}

impl Connection {
    /// Expects a header first; the peer has to be one that `policy` trusts. Called once, before
    /// the first byte.
    pub fn expect_proxy(&mut self, cx: &Context, policy: Arc<ProxyPolicy>) {
        let until = match policy.timeout_ms {
            0 => 0,
            ms => cx.now + ms,
        };
        self.preface = Preface::Expected(Box::new(Expected {
            policy,
            until,
            input: Vec::new(),
        }));
        self.deadline = self.next_deadline(cx);
    }

    /// The other end of the transport connection where that is a proxy, and the header came: none
    /// within for a Unix socket.
    pub(super) fn proxy(&self) -> Option<Option<SocketAddr>> {
        match &self.preface {
            Preface::Spoken(peer) => Some(peer.as_deref().copied()),
            Preface::None | Preface::Expected(_) => None,
        }
    }

    /// The time of a header that is expected. One that may be left out and has any time leaves the
    /// connection the times of HTTP.
    pub(super) fn preface_deadline(&self) -> Option<Deadline> {
        match &self.preface {
            Preface::Expected(expected) if expected.until != 0 => {
                Some(Deadline::Preface(expected.until))
            }
            Preface::Expected(expected) if expected.may_be_absent() => None,
            Preface::Expected(_) => Some(Deadline::None),
            Preface::None | Preface::Spoken(_) => None,
        }
    }

    /// Takes bytes while the header is expected.
    pub(super) fn on_preface(&mut self, cx: &mut Context, scratch: &mut Scratch, bytes: &[u8]) {
        let Preface::Expected(expected) = &mut self.preface else {
            return;
        };
        // Usually all of it comes at once, and is looked at where it lies.
        let kept = match expected.input.is_empty() {
            true => None,
            false => {
                expected.input.extend_from_slice(bytes);
                Some(std::mem::take(&mut expected.input))
            }
        };
        let input = kept.as_deref().unwrap_or(bytes);
        let http = match parse_proxy(input) {
            ProxyStep::Incomplete => {
                expected.input = input.to_vec();
                return self.watch(cx);
            }
            ProxyStep::Reject(reason) => return self.refuse_preface(cx, reason, input),
            ProxyStep::Absent if expected.policy.required => {
                return self.refuse_preface(cx, RejectReason::ProxyHeaderMissing, input);
            }
            ProxyStep::Absent => {
                self.preface = Preface::None;
                input
            }
            ProxyStep::Header { len, source } => {
                self.speak_for(source);
                input.get(len..).unwrap_or_default()
            }
        };
        if http.is_empty() {
            self.watch(cx);
        } else {
            self.on_bytes(cx, scratch, http);
        }
    }

    /// The connection is that of `source` from now on.
    fn speak_for(&mut self, source: ProxySource) {
        let peer = self.remote;
        match source {
            ProxySource::Socket => {}
            ProxySource::Client { remote, local } => {
                self.remote = Some(canonical(remote));
                self.local = Some(canonical(local));
            }
            ProxySource::Unix => (self.remote, self.local) = (None, None),
        }
        self.preface = Preface::Spoken(peer.map(Box::new));
    }

    /// Closes the connection because of its header.
    pub(super) fn refuse_preface(&mut self, cx: &Context, reason: RejectReason, bytes: &[u8]) {
        cx.counters.reject(reason);
        self.sight(cx, Cause::Reject(reason), bytes);
        self.die(End::Refused);
    }

    /// The time for the header is over: one that may be left out and has not begun was left out.
    pub(super) fn on_preface_timeout(&mut self, cx: &Context) {
        if let Preface::Expected(expected) = &self.preface
            && expected.may_be_absent()
        {
            self.preface = Preface::None;
            return;
        }
        self.refuse_what_came(cx, RejectReason::ProxyHeaderTimeout);
    }

    /// The peer closed its sending side: half a header is a broken one, none is a look at the port.
    pub(super) fn end_preface(&mut self, cx: &Context) {
        if let Preface::Expected(expected) = &self.preface
            && !expected.input.is_empty()
        {
            self.refuse_what_came(cx, RejectReason::InvalidProxyHeader);
        }
    }

    fn refuse_what_came(&mut self, cx: &Context, reason: RejectReason) {
        if let Preface::Expected(expected) = std::mem::take(&mut self.preface) {
            self.refuse_preface(cx, reason, &expected.input);
        }
    }
}

/// An IPv4 address in IPv6 clothes as IPv4, as for connections of our own.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
