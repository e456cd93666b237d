//! Why connections end, one word for each: the label of the metric.
//!
//! Noted by the connection when its end begins; the first cause counts, since the others follow
//! from it. The words follow `error.type` of Kestrel's metrics where it has one.

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum End {
    /// The peer closed it between requests.
    ClientClosed,
    /// The peer reset it, or the network did.
    ClientReset,
    /// The last reply said `Connection: close`: the peer, the handler or a limit asked for it.
    LastReply,
    /// No further request came in time.
    KeepAliveTimeout,
    /// A request that broke the rules or a limit was refused.
    Refused,
    /// An unread body was too long, or too slow, to drain.
    DrainGivenUp,
    /// A reply broke off after it began.
    ReplyCut,
    /// The peer took a reply too slowly.
    SlowReply,
    /// The peer closed its sending side and no reply came in time.
    HalfClosedTimeout,
    /// The server closed.
    Shutdown,
}

impl End {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::ClientClosed,
        Self::ClientReset,
        Self::LastReply,
        Self::KeepAliveTimeout,
        Self::Refused,
        Self::DrainGivenUp,
        Self::ReplyCut,
        Self::SlowReply,
        Self::HalfClosedTimeout,
        Self::Shutdown,
    ];

    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ClientClosed => "client_closed",
            Self::ClientReset => "client_reset",
            Self::LastReply => "last_reply",
            Self::KeepAliveTimeout => "keep_alive_timeout",
            Self::Refused => "refused",
            Self::DrainGivenUp => "drain_given_up",
            Self::ReplyCut => "reply_cut",
            Self::SlowReply => "slow_reply",
            Self::HalfClosedTimeout => "half_closed_timeout",
            Self::Shutdown => "shutdown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places() {
        for (place, end) in End::ALL.into_iter().enumerate() {
            assert_eq!(end as usize, place, "{}", end.label());
        }
    }
}
