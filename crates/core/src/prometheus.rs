//! The counters as text in the exposition format of Prometheus, version 0.0.4.
//!
//! Written for the metrics probe. Promises names that do not change (`lanner_…`, `_total` for
//! counters), base units, and refusals by reason. Nothing of a request is in it.

use std::fmt::Write;
use std::time::Duration;

use crate::metrics::{HELP, Stats};

/// Value of `Content-Type`.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Counters that go down again.
const GAUGES: &[&str] = &["connections", "in_flight", "pool_idle_bytes"];

/// All counters; `delays` are the loop delays of the isolates in milliseconds.
pub(crate) fn text(stats: &Stats, delays: &[u64], uptime: Duration) -> Vec<u8> {
    let mut out = String::with_capacity(8 * 1024);
    for (name, help) in HELP {
        let value = stats.values.iter().find(|(other, _)| other == name);
        let value = value.map_or(0, |(_, value)| *value);
        let (kind, suffix) = match GAUGES.contains(name) {
            true => ("gauge", ""),
            false => ("counter", "_total"),
        };
        family(&mut out, &format!("{name}{suffix}"), kind, help.trim());
        line(&mut out, &format!("{name}{suffix}"), value);
    }
    family(
        &mut out,
        "rejects_total",
        "counter",
        "Requests refused, by reason.",
    );
    for (reason, count) in &stats.rejects {
        line(
            &mut out,
            &format!("rejects_total{{reason=\"{reason}\"}}"),
            count,
        );
    }
    let help = "Time since an isolate was rung or began its turn.";
    family(&mut out, "loop_delay_seconds", "gauge", help);
    for (index, ms) in delays.iter().enumerate() {
        let seconds = *ms as f64 / 1000.0;
        line(
            &mut out,
            &format!("loop_delay_seconds{{isolate=\"{index}\"}}"),
            seconds,
        );
    }
    family(
        &mut out,
        "uptime_seconds",
        "gauge",
        "Time since the server started.",
    );
    line(&mut out, "uptime_seconds", uptime.as_secs_f64());
    out.into_bytes()
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "# HELP lanner_{name} {help}\n# TYPE lanner_{name} {kind}\n"
    );
}

fn line(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "lanner_{name} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_help_its_type_and_a_value() {
        let stats = Stats {
            values: vec![("requests", 7), ("in_flight", 2)],
            rejects: vec![("missing_host", 3)],
        };
        let text = text(&stats, &[0, 1500], Duration::from_millis(2500));
        let text = String::from_utf8(text).unwrap_or_default();
        for line in [
            "# HELP lanner_requests_total Request heads parsed.",
            "# TYPE lanner_requests_total counter",
            "lanner_requests_total 7",
            "# TYPE lanner_in_flight gauge",
            "lanner_in_flight 2",
            "lanner_rejects_total{reason=\"missing_host\"} 3",
            "lanner_loop_delay_seconds{isolate=\"1\"} 1.5",
            "lanner_uptime_seconds 2.5",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(text.ends_with('\n'));
    }
}
