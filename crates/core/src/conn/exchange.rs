//! One request and its response, from the parsed head until it is settled.
//!
//! ```text
//!              reply                 settled by the connection, in request order
//!  Waiting ──────────────▶ Complete ─────────────────────────────────────────────▶ (released)
//!     │  reply, stream        ▲
//!     └──────────▶ Streaming ─┘ end
//! ```
//!
//! Owned by the slot table of one I/O thread. A late record meets a newer generation and is
//! dropped by the table; a second reply meets `Complete` or `Streaming` and is counted. How bytes
//! are encoded and when an exchange may be settled is the connection's business.

use lanner_bridge::Credit;
use lanner_proto::h1::Framing;
use lanner_proto::{Method, Version};

use super::out::Out;
use crate::rules::{RuleTable, Rules};

/// Where the reply of an exchange stands.
#[derive(Debug)]
pub enum ReplyPhase {
    /// Nothing was replied.
    Waiting,
    /// The head was encoded, pieces of the body follow.
    Streaming {
        /// How the pieces are framed.
        framing: Framing,
        /// Bytes still owed where the length was announced.
        left: u64,
        /// Bytes written by the handler whose credit was not given back yet.
        outstanding: usize,
    },
    /// Every byte is encoded.
    Complete,
}

/// Where the request body of an exchange stands.
#[derive(Debug)]
pub enum BodyPhase {
    /// There is none, or all of it was handed over.
    Finished,
    /// It is being read from the connection.
    Reading {
        /// Bytes that the handler still accepts.
        credit: Credit,
        /// Whether its length was not announced.
        chunked: bool,
    },
}

/// One exchange.
#[derive(Debug)]
pub struct Exchange {
    /// The connection that it belongs to.
    pub token: usize,
    /// The lane (isolate) that it was given to; none where the core itself replies.
    pub lane: Option<usize>,
    /// When its head was parsed, in microseconds of the thread's clock.
    pub began_us: u64,
    /// Its route, or `ABSENT`: what it is held to.
    pub route: u32,
    /// What it is held to instead, when its handler said so.
    pub rules: Option<Box<Rules>>,
    /// Whether it takes part of what may be in flight: not where the core itself replies, and not
    /// while its reply only waits for the client.
    pub has_permit: bool,
    /// The method of the request.
    pub method: Method,
    /// The batch in which its isolate gets it.
    pub batch: u32,
    /// Status of the reply, 0 before it begins.
    pub status: u16,
    /// Protocol version of the request.
    pub version: Version,
    /// Whether the client wants the connection to stay.
    pub keep_alive: bool,
    /// Whether the connection had had its number of requests, or its time, when this one came.
    pub is_last: bool,
    /// Whether the connection ends with this exchange.
    pub close: bool,
    /// Whether the client still waits for `100 Continue`.
    pub expects_continue: bool,
    /// Whether the handler asked for the body while an earlier exchange was being replied.
    pub continue_wanted: bool,
    /// The reply.
    pub reply: ReplyPhase,
    /// The request body.
    pub body: BodyPhase,
    /// Bytes of its reply that have left, of which its handler has not heard.
    pub credit: u32,
    /// Bytes of the request body that were handed over and not taken by the handler.
    pub held: u32,
    /// Bytes that were encoded before it was this exchange's turn.
    pub early: Out,
}

impl Exchange {
    /// What it is held to, its own rules or those of its route.
    pub fn rules_in<'a>(&'a self, table: &'a RuleTable) -> &'a Rules {
        match &self.rules {
            Some(own) => own,
            None => table.of_route(self.route),
        }
    }
}
