//! Probes: paths that the core answers by itself, so that they answer while JavaScript is stuck.
//!
//! Declared in the options as routes behind the application's own; asked for by the connection.
//! Promises no more than a compare for other requests, and a reply without an isolate: a probe
//! wakes none (the clock looks after their event loops). Liveness says that the
//! network side turns; readiness, that a request would be served in time.

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use lanner_proto::RouteSpec;

use crate::board::Board;
use crate::prometheus;

/// Where the probes are, and what they hold against a server.
#[derive(Debug, Clone)]
pub struct Probes {
    /// Path of the liveness probe.
    pub live: Option<String>,
    /// Path of the readiness probe.
    pub ready: Option<String>,
    /// Path of the counters.
    pub metrics: Option<String>,
    /// Loop delay past which the server is not ready. Default 1 s.
    pub max_loop_delay_ms: u64,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            live: None,
            ready: None,
            metrics: None,
            max_loop_delay_ms: 1_000,
        }
    }
}

/// One of the probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Liveness.
    Live,
    /// Readiness.
    Ready,
    /// Counters.
    Metrics,
}

/// What a probe replies.
#[derive(Debug, Clone)]
pub struct Report {
    /// Status code.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// Which route numbers are probes.
#[derive(Debug, Clone)]
pub struct ProbeTable {
    first: u32,
    probes: Vec<Probe>,
}

impl Default for ProbeTable {
    fn default() -> Self {
        Self {
            first: u32::MAX,
            probes: Vec::new(),
        }
    }
}

impl ProbeTable {
    /// The probe of a route, if it is one.
    pub fn find(&self, route: u32) -> Option<Probe> {
        let place = route.checked_sub(self.first)?;
        self.probes.get(place as usize).copied()
    }
}

impl Probes {
    /// The routes of the application with those of the probes behind them.
    pub fn extend<'a>(&'a self, routes: &[RouteSpec<'a>]) -> (Vec<RouteSpec<'a>>, ProbeTable) {
        let mut all = routes.to_vec();
        let first = u32::try_from(routes.len()).unwrap_or(u32::MAX);
        let mut probes = Vec::new();
        for (path, probe) in [
            (&self.live, Probe::Live),
            (&self.ready, Probe::Ready),
            (&self.metrics, Probe::Metrics),
        ] {
            if let Some(pattern) = path {
                all.push(RouteSpec {
                    method: "GET",
                    pattern,
                });
                probes.push(probe);
            }
        }
        let table = match probes.is_empty() {
            true => ProbeTable::default(),
            false => ProbeTable { first, probes },
        };
        (all, table)
    }

    /// What a probe replies now.
    pub(crate) fn report(&self, probe: Probe, board: &Board) -> Report {
        let stats = board.stats();
        if probe == Probe::Metrics {
            return Report {
                status: 200,
                content_type: prometheus::CONTENT_TYPE,
                body: prometheus::text(&stats, board),
            };
        }
        let vitals = stats.worst_vitals();
        let state = self.state(board, vitals.map(|vitals| vitals.delay_ms));
        let is_ready = state == "ready";
        let vitals = vitals.unwrap_or_default();
        let mut body = format!(
            "{{\"state\":\"{state}\",\"loopDelayMs\":{},\"loopDelayMaxMs\":{}",
            vitals.delay_ms, vitals.delay_max_ms,
        );
        // Writing to a string cannot fail.
        if let Some(utilization) = vitals.utilization {
            let _ = write!(body, ",\"loopUtilization\":{utilization}");
        }
        let _ = write!(
            body,
            ",\"stalls\":{},\"queued\":{},\"inFlight\":{},\"uptimeMs\":{}}}",
            stats.stalls,
            stats.queued(),
            stats.value("in_flight"),
            board.began.elapsed().as_millis(),
        );
        Report {
            status: if is_ready || probe == Probe::Live {
                200
            } else {
                503
            },
            content_type: "application/json",
            body: body.into_bytes(),
        }
    }

    fn state(&self, board: &Board, delay: Option<u64>) -> &'static str {
        match delay {
            _ if board.closing.load(Relaxed) => "closing",
            None if board.had_isolates() => "gone",
            None => "starting",
            Some(ms) if self.max_loop_delay_ms != 0 && ms > self.max_loop_delay_ms => "stuck",
            Some(_) if board.is_busy() => "busy",
            Some(_) => "ready",
        }
    }
}

#[cfg(test)]
mod tests {
    use lanner_bridge::Doorbell;

    use super::*;

    struct Silent;

    impl Doorbell for Silent {
        fn ring(&self) {}
    }

    #[test]
    fn a_server_is_ready_between_its_first_isolate_and_its_last() {
        let (board, probes) = (Board::default(), Probes::default());
        let state = || {
            let report = probes.report(Probe::Ready, &board);
            let body = String::from_utf8(report.body).expect("JSON");
            let state = body.split('"').nth(3).expect("a state").to_owned();
            (report.status, state)
        };
        assert_eq!(state(), (503, "starting".into()));
        let isolates = [Silent, Silent].map(|bell| board.join(bell));
        assert_eq!(state(), (200, "ready".into()));
        isolates[0].gate.detach();
        assert_eq!(state(), (200, "ready".into()));
        isolates[1].gate.detach();
        assert_eq!(state(), (503, "gone".into()));
        board.closing.store(true, Relaxed);
        assert_eq!(state(), (503, "closing".into()));
    }
}
