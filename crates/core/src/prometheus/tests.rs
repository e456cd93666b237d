//! The text for Prometheus: every counter, every family, and sums that are those of the buckets.

use std::collections::{HashMap, HashSet};

use lanner_proto::Method;

use super::*;
use crate::conn::end::End;
use crate::metrics::Counters;

fn outcome(route: u32, status: u16, aborted: bool) -> Outcome {
    Outcome {
        route,
        method: Some(Method::Get),
        status,
        aborted,
    }
}

fn board(counters: Counters) -> Board {
    let board = Board::default();
    board.show(vec![counters.into()], vec!["/".into(), "/a\"b\\:id".into()]);
    board
}

fn lines(board: &Board, vitals: &[Vitals]) -> Vec<String> {
    let mut stats = board.stats();
    let isolates = vitals.iter().map(|vitals| IsolateStats {
        vitals: Some(*vitals),
        ..IsolateStats::default()
    });
    stats.isolates.splice(0..0, isolates);
    stats.stalls = 4;
    let text = String::from_utf8(text(&stats, board)).expect("UTF-8");
    assert!(text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn counters_and_gauges() {
    let counters = Counters::default();
    crate::metrics::bump(&counters.requests, 7);
    crate::metrics::bump(&counters.connections, 2);
    counters.reject(lanner_proto::RejectReason::MissingHost);
    counters.connection_ended(End::KeepAliveTimeout, 130_000);
    let stuck = Vitals {
        delay_ms: 1_500,
        delay_max_ms: 1_750,
        utilization: Some(0.25),
    };
    let lines = lines(&board(counters), &[Vitals::default(), stuck]);
    for line in [
        "# HELP lanner_requests_total Request heads parsed.",
        "# TYPE lanner_requests_total counter",
        "lanner_requests_total 7",
        "# TYPE lanner_active_connections gauge",
        "lanner_active_connections 2",
        "lanner_rejects_total{reason=\"missing_host\"} 1",
        "lanner_closed_connections_total{cause=\"keep_alive_timeout\"} 1",
        "lanner_connection_duration_seconds_bucket{le=\"120\"} 0",
        "lanner_connection_duration_seconds_bucket{le=\"300\"} 1",
        "lanner_connection_duration_seconds_sum 130",
        "lanner_loop_delay_seconds{isolate=\"1\"} 1.5",
        "lanner_loop_delay_max_seconds{isolate=\"0\"} 0",
        "lanner_loop_delay_max_seconds{isolate=\"1\"} 1.75",
        "lanner_loop_utilization_ratio{isolate=\"1\"} 0.25",
        "lanner_stalls_total 4",
    ] {
        assert!(
            lines.iter().any(|other| other == line),
            "{line}\n{lines:#?}"
        );
    }
    let unknown = [
        "lanner_loop_utilization_ratio{isolate=\"0\"",
        "lanner_loop_delay_seconds{isolate=\"gone\"",
    ];
    for start in unknown {
        assert!(!lines.iter().any(|line| line.starts_with(start)), "{start}");
    }
}

#[test]
fn requests_by_route_method_and_outcome() {
    let counters = Counters::for_routes(2);
    for (route, status, aborted, us) in [
        (0, 200, false, 4_999),
        (0, 200, false, 5_000),
        (1, 503, false, 20_000_000),
        (u32::MAX, 0, true, 1),
    ] {
        let outcome = outcome(route, status, aborted);
        counters.request_times.record(outcome, us, 1);
    }
    let lines = lines(&board(counters), &[]);
    let root = "http_request_method=\"GET\",url_scheme=\"http\",http_route=\"/\",\
                http_response_status_code=\"200\"";
    let name = "http_server_request_duration_seconds";
    for line in [
        format!("{name}_bucket{{{root},le=\"0.005\"}} 1"),
        format!("{name}_bucket{{{root},le=\"0.01\"}} 2"),
        format!("{name}_bucket{{{root},le=\"+Inf\"}} 2"),
        format!("{name}_sum{{{root}}} 0.009999"),
        format!("{name}_count{{{root}}} 2"),
        format!(
            "{name}_bucket{{http_request_method=\"GET\",url_scheme=\"http\",\
             http_route=\"/a\\\"b\\\\:id\",http_response_status_code=\"503\",\
             error_type=\"503\",le=\"10\"}} 0"
        ),
        format!(
            "{name}_count{{http_request_method=\"GET\",url_scheme=\"http\",\
             error_type=\"aborted\"}} 1"
        ),
    ] {
        assert!(lines.contains(&line), "{line}\n{lines:#?}");
    }
}

/// As a scraper does: every family once, its samples together, no sample twice.
#[test]
fn the_format_is_kept() {
    let counters = Counters::for_routes(2);
    counters.request_times.record(outcome(1, 200, false), 1, 1);
    let board = board(counters);
    let (mut kinds, mut seen) = (HashMap::new(), HashSet::new());
    let mut family = String::new();
    for line in lines(&board, &[Vitals::default()]) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            family = rest.split(' ').next().unwrap_or_default().to_owned();
            assert!(rest.len() > family.len() + 1, "no text: {line}");
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a kind");
            assert_eq!(name, family);
            assert_eq!(
                kinds.insert(name.to_owned(), kind.to_owned()),
                None,
                "{line}"
            );
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(seen.insert(series.to_owned()), "twice: {line}");
        let name = series.split('{').next().unwrap_or_default();
        let suffix = name.strip_prefix(&family).expect("its own family");
        let suffixes: &[&str] = match kinds.get(&family).map(String::as_str) {
            Some("histogram") => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(suffixes.contains(&suffix), "{line}");
    }
    assert_eq!(kinds.len(), METRICS.len() + FAMILIES.len());
}
