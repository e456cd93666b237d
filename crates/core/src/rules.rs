//! What one request is held to: the server's limits, or those of its route, or its own.
//!
//! The options of a route are compiled into the table here, so that they hold before JavaScript
//! sees the request; a handler that changes them sends a record, and the exchange gets rules of its
//! own. Promises that requests without rules of their own cost a look into a table and no memory.
//! Which limits there are beside these is in `config` and `lanner_proto::limits`.

use crate::config::{Config, Rate};

/// Which requests are shed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Priority {
    /// Shed at half of the requests in flight, and as soon as the queue is longer than its target.
    Low,
    /// As `overload` says; a tenth of the requests in flight is left to urgent ones, where there
    /// are routes of high priority.
    #[default]
    Normal,
    /// Shed only when no request can be taken: health checks of an application, administration.
    High,
}

/// What one request is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Bytes of its body; none for no cap.
    pub body_bytes: Option<u64>,
    /// Bytes of an unread body that are dropped to keep the connection.
    pub drain_bytes: u64,
    /// Time for that.
    pub drain_ms: u64,
    /// From the head to the end of the reply; 0 for no deadline.
    pub request_ms: u64,
    /// The slowest pace of its body.
    pub request: Rate,
    /// The slowest pace of its reply.
    pub response: Rate,
    /// When it is shed.
    pub priority: Priority,
}

impl Rules {
    /// Those of the server.
    pub fn of_server(config: &Config) -> Self {
        Self {
            body_bytes: config.limits.body_bytes,
            drain_bytes: config.drain_bytes,
            drain_ms: config.timeouts.drain_ms,
            request_ms: config.timeouts.request_ms,
            request: config.rates.request,
            response: config.rates.response,
            priority: Priority::Normal,
        }
    }

    /// Whether they differ in what is looked at for all requests of a connection together.
    fn vary_from(&self, other: &Self) -> bool {
        self.request_ms != other.request_ms || self.response != other.response
    }
}

/// The rules of all routes.
#[derive(Debug, Clone)]
pub struct RuleTable {
    server: Rules,
    by_route: Box<[Rules]>,
    /// Whether routes differ in the deadlines of requests or the rates of replies.
    varied_by_route: bool,
    /// Exchanges that are not settled and have rules of their own that differ in these.
    varied_by_request: usize,
}

impl RuleTable {
    /// The rules that a server was started with.
    pub fn new(config: &Config) -> Self {
        let server = Rules::of_server(config);
        Self {
            varied_by_route: config.routes.iter().any(|rules| rules.vary_from(&server)),
            by_route: config.routes.clone().into_boxed_slice(),
            varied_by_request: 0,
            server,
        }
    }

    /// Those of a route; of the server where it has none.
    pub fn of_route(&self, route: u32) -> &Rules {
        self.by_route.get(route as usize).unwrap_or(&self.server)
    }

    /// Those of the server.
    pub fn of_server(&self) -> &Rules {
        &self.server
    }

    /// Whether requests of one connection can differ in their deadlines and rates.
    pub fn are_varied(&self) -> bool {
        self.varied_by_route || self.varied_by_request > 0
    }

    /// An exchange got rules of its own.
    pub fn begin_own(&mut self, rules: &Rules) {
        self.varied_by_request += usize::from(rules.vary_from(&self.server));
    }

    /// An exchange with rules of its own is released, or gets others.
    pub fn end_own(&mut self, rules: &Rules) {
        let varied = usize::from(rules.vary_from(&self.server));
        self.varied_by_request = self.varied_by_request.saturating_sub(varied);
    }
}

/// Whether some route has high priority.
pub fn has_urgent(config: &Config) -> bool {
    let mut rules = config.routes.iter();
    rules.any(|rules| rules.priority == Priority::High)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_varied_while_one_that_differs_is_open() {
        let config = Config::default();
        let mut table = RuleTable::new(&config);
        let same = Rules::of_server(&config);
        let late = Rules {
            request_ms: same.request_ms + 1,
            ..same
        };
        table.begin_own(&same);
        assert!(!table.are_varied(), "nothing differs");
        table.begin_own(&late);
        table.begin_own(&late);
        table.end_own(&same);
        table.end_own(&late);
        assert!(table.are_varied(), "one is open");
        table.end_own(&late);
        assert!(!table.are_varied());
    }

    #[test]
    fn routes_that_differ_stay_varied() {
        let mut config = Config::default();
        let late = Rules {
            request_ms: 1,
            ..Rules::of_server(&config)
        };
        config.routes = vec![late];
        let mut table = RuleTable::new(&config);
        table.begin_own(&late);
        table.end_own(&late);
        assert!(table.are_varied());
    }
}
