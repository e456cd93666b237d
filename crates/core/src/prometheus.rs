//! The counters as text in the exposition format of Prometheus, version 0.0.4.
//!
//! Written for the metrics probe. Promises names that do not change, `_total` for counters, base
//! units, and a bounded number of lines. What OpenTelemetry's conventions name has that name
//! (`http.server.request.duration` is `http_server_request_duration_seconds`); the rest begins with
//! `lanner_`. Of a request it shows the pattern of its route, never its path.

use std::fmt::{Display, Write};

use crate::board::Board;
use crate::histogram::Distribution;
use crate::metrics::{IsolateStats, METRICS, OutcomeTimes, Stats};
use crate::request_times::{BOUNDS_US, Outcome};
use crate::watch::vitals::Vitals;

/// Value of `Content-Type`.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bounds of waits and of the times of handlers, in microseconds: also what is below the bounds of
/// requests, where a healthy server is.
const SHORT_BOUNDS_US: [u64; 13] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    10_000_000,
];

/// Bounds of the durations of connections, in microseconds, as Kestrel's.
const CONNECTION_BOUNDS_US: [u64; 14] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
];

/// One metric of this file, for the documentation; those of the counters are in `metrics`.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its name.
    pub exported: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its labels, separated by commas.
    pub labels: &'static str,
    /// What it is.
    pub help: &'static str,
}

/// The metrics with labels, and those that are not counters of an I/O thread.
pub const FAMILIES: &[Family] = &[
    Family {
        exported: "http_server_request_duration_seconds",
        kind: "histogram",
        labels: "http_request_method, url_scheme, http_route, http_response_status_code, \
                 error_type",
        help: "From the head of a request to the last byte of its reply.",
    },
    Family {
        exported: "lanner_rejects_total",
        kind: "counter",
        labels: "reason",
        help: "Requests refused, by reason.",
    },
    Family {
        exported: "lanner_closed_connections_total",
        kind: "counter",
        labels: "cause",
        help: "Connections that ended, by cause.",
    },
    Family {
        exported: "lanner_connection_duration_seconds",
        kind: "histogram",
        labels: "",
        help: "From the begin of a connection to its end.",
    },
    Family {
        exported: "lanner_request_time_in_queue_seconds",
        kind: "histogram",
        labels: "isolate",
        help: "From the turn in which a request was parsed to the turn that took it.",
    },
    Family {
        exported: "lanner_handler_duration_seconds",
        kind: "histogram",
        labels: "isolate",
        help: "From the turn that took a request to the head of its reply.",
    },
    Family {
        exported: "lanner_queued_requests",
        kind: "gauge",
        labels: "isolate",
        help: "Requests that an isolate was given and has not taken.",
    },
    Family {
        exported: "lanner_isolate_active_requests",
        kind: "gauge",
        labels: "isolate",
        help: "Requests that an isolate was given and that are not settled.",
    },
    Family {
        exported: "lanner_isolate_requests_total",
        kind: "counter",
        labels: "isolate",
        help: "Requests that an isolate was given.",
    },
    Family {
        exported: "lanner_isolate_turns_total",
        kind: "counter",
        labels: "isolate",
        help: "Turns of an isolate: wake-ups in which it takes requests.",
    },
    Family {
        exported: "lanner_isolate_busy_seconds_total",
        kind: "counter",
        labels: "isolate",
        help: "Time that an isolate spent in its turns.",
    },
    Family {
        exported: "lanner_loop_delay_seconds",
        kind: "gauge",
        labels: "isolate",
        help: "Time since an isolate was rung or began its turn; 0 at rest.",
    },
    Family {
        exported: "lanner_loop_delay_max_seconds",
        kind: "gauge",
        labels: "isolate",
        help: "The longest such time of the last ten seconds.",
    },
    Family {
        exported: "lanner_loop_utilization_ratio",
        kind: "gauge",
        labels: "isolate",
        help: "Share of the last second in which the event loop did not sleep.",
    },
    Family {
        exported: "lanner_stalls_total",
        kind: "counter",
        labels: "",
        help: "Event loops that were stuck for longer than `stall.threshold`.",
    },
    Family {
        exported: "lanner_uptime_seconds",
        kind: "gauge",
        labels: "",
        help: "Time since the server started.",
    },
];

/// All of them.
pub(crate) fn text(stats: &Stats, board: &Board) -> Vec<u8> {
    let mut out = Text(String::with_capacity(16 * 1024));
    for metric in METRICS {
        let kind = match metric.exported.ends_with("_total") {
            true => "counter",
            false => "gauge",
        };
        out.head(metric.exported, kind, metric.help.trim());
        out.line(metric.exported, "", stats.value(metric.name));
    }
    for family in FAMILIES {
        out.head(family.exported, family.kind, family.help);
        out.samples(family.exported, stats, board);
    }
    out.0.into_bytes()
}

struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            _ => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn samples(&mut self, name: &str, stats: &Stats, board: &Board) {
        match name {
            "http_server_request_duration_seconds" => {
                for times in &stats.outcomes {
                    self.outcome(name, times, board);
                }
            }
            "lanner_rejects_total" => self.labelled(name, "reason", &stats.rejects),
            "lanner_closed_connections_total" => self.labelled(name, "cause", &stats.closed),
            "lanner_connection_duration_seconds" => {
                let all = &stats.connection_duration;
                self.histogram(name, "", all, &CONNECTION_BOUNDS_US);
            }
            "lanner_stalls_total" => self.line(name, "", stats.stalls),
            "lanner_uptime_seconds" => {
                self.line(name, "", board.began.elapsed().as_secs_f64());
            }
            _ => {
                let gone = stats.isolates.len().saturating_sub(1);
                for (index, one) in stats.isolates.iter().enumerate() {
                    let labels = match index == gone {
                        true => "isolate=\"gone\"".to_owned(),
                        false => format!("isolate=\"{index}\""),
                    };
                    self.isolate(name, &labels, one);
                }
            }
        }
    }

    fn labelled(&mut self, name: &str, label: &str, values: &[(&'static str, u64)]) {
        for (value, count) in values {
            self.line(name, &format!("{label}=\"{value}\""), count);
        }
    }

    fn isolate(&mut self, name: &str, labels: &str, one: &IsolateStats) {
        match name {
            "lanner_request_time_in_queue_seconds" => {
                self.histogram(name, labels, &one.queue_wait, &SHORT_BOUNDS_US);
            }
            "lanner_handler_duration_seconds" => {
                self.histogram(name, labels, &one.handler_duration, &SHORT_BOUNDS_US);
            }
            "lanner_queued_requests" => self.line(name, labels, one.queued()),
            "lanner_isolate_active_requests" => self.line(name, labels, one.in_flight),
            "lanner_isolate_requests_total" => self.line(name, labels, one.dispatched),
            "lanner_isolate_turns_total" => self.line(name, labels, one.turns),
            "lanner_isolate_busy_seconds_total" => {
                self.line(name, labels, one.busy_us as f64 / 1e6);
            }
            _ => self.event_loop(name, labels, one.vitals),
        }
    }

    /// What is known of an event loop that is there.
    fn event_loop(&mut self, name: &str, labels: &str, vitals: Option<Vitals>) {
        let Some(vitals) = vitals else { return };
        let value = match name {
            "lanner_loop_delay_seconds" => Some(vitals.delay_ms as f64 / 1e3),
            "lanner_loop_delay_max_seconds" => Some(vitals.delay_max_ms as f64 / 1e3),
            "lanner_loop_utilization_ratio" => vitals.utilization,
            _ => None,
        };
        if let Some(value) = value {
            self.line(name, labels, value);
        }
    }

    fn outcome(&mut self, name: &str, (outcome, buckets, sum_us): &OutcomeTimes, board: &Board) {
        let labels = labels_of(*outcome, board);
        let mut up_to = 0;
        let below: Vec<_> = buckets
            .iter()
            .map(|n| {
                up_to += n;
                up_to
            })
            .collect();
        self.buckets(name, &labels, BOUNDS_US.iter().zip(below), up_to);
        self.line(&format!("{name}_sum"), &labels, *sum_us as f64 / 1e6);
        self.line(&format!("{name}_count"), &labels, up_to);
    }

    fn histogram(&mut self, name: &str, labels: &str, all: &Distribution, bounds: &[u64]) {
        let count = all.count();
        let below = bounds.iter().map(|bound| (bound, all.below(*bound)));
        self.buckets(name, labels, below, count);
        self.line(&format!("{name}_sum"), labels, all.sum_us() as f64 / 1e6);
        self.line(&format!("{name}_count"), labels, count);
    }

    fn buckets<'a>(
        &mut self,
        name: &str,
        labels: &str,
        below: impl Iterator<Item = (&'a u64, u64)>,
        count: u64,
    ) {
        let comma = if labels.is_empty() { "" } else { "," };
        let name = format!("{name}_bucket");
        for (bound, below) in below {
            let bound = *bound as f64 / 1e6;
            self.line(&name, &format!("{labels}{comma}le=\"{bound}\""), below);
        }
        self.line(&name, &format!("{labels}{comma}le=\"+Inf\""), count);
    }
}

/// The attributes of a request by OpenTelemetry's conventions; what is not known is left out.
fn labels_of(outcome: Outcome, board: &Board) -> String {
    let method = outcome.method.map(lanner_proto::Method::as_str);
    let method = method.filter(|name| !name.is_empty()).unwrap_or("_OTHER");
    let mut labels = format!("http_request_method=\"{method}\",url_scheme=\"http\"");
    if let Some(pattern) = board.pattern(outcome.route) {
        let _ = write!(labels, ",http_route=\"{}\"", escaped(pattern));
    }
    if outcome.status != 0 {
        let _ = write!(labels, ",http_response_status_code=\"{}\"", outcome.status);
    }
    if outcome.aborted {
        labels.push_str(",error_type=\"aborted\"");
    } else if outcome.status >= 500 {
        let _ = write!(labels, ",error_type=\"{}\"", outcome.status);
    }
    labels
}

/// A label's value (exposition format: backslash, quote and line feed are escaped).
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
