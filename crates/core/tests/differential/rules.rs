//! Why this server and hyper differ, difference by difference.
//!
//! Almost every rule is one of our refusals where hyper goes on: it is named after the reason, and
//! applies to nothing else. The few where hyper is stricter look at the input as well.

use super::events::{Difference, Event};
use super::{oracle, ours};

/// One reason for a difference.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// One sentence; it is a cell of the table in docs/design/0002.
    pub(crate) why: &'static str,
    applies: Applies,
}

#[derive(Debug)]
enum Applies {
    /// We refuse with the reason of the rule's name; hyper accepts or waits.
    Refusal,
    /// Anything else.
    When(fn(&[u8], &Difference) -> bool),
}

const fn refusal(name: &'static str, why: &'static str) -> Rule {
    Rule {
        name,
        why,
        applies: Applies::Refusal,
    }
}

/// All of them; the first that applies explains.
pub(crate) const RULES: &[Rule] = &[
    refusal(
        "bare_line_feed",
        "LF alone ends no line here: parsers that differ in it smuggle.",
    ),
    refusal(
        "too_many_empty_lines",
        "One empty line before a request is skipped, not any number.",
    ),
    refusal(
        "fragment_in_target",
        "A fragment is never sent; hyper drops it from the target.",
    ),
    refusal("nul_in_path", "A NUL in a decoded path has no honest use."),
    refusal(
        "line_break_in_path",
        "A line break in a decoded path splits logs and fields of whoever copies it.",
    ),
    refusal(
        "invalid_request_target",
        "CONNECT takes an authority, other methods a path or URL.",
    ),
    refusal("asterisk_not_allowed", "Only OPTIONS asks for `*`."),
    refusal("authority_not_allowed", "Only CONNECT takes an authority."),
    refusal(
        "invalid_header_name",
        "Content_Length and Transfer_Encoding are framing fields to gateways behind.",
    ),
    refusal(
        "missing_host",
        "HTTP/1.1 needs one Host field (RFC 9112 3.2); hyper leaves it to the service.",
    ),
    refusal(
        "multiple_hosts",
        "Two Host fields let two servers see two hosts.",
    ),
    refusal(
        "invalid_host",
        "A Host is a host and a port, and not empty where a path is asked for.",
    ),
    refusal(
        "host_mismatch",
        "A target with an authority and a Host that differs name two hosts.",
    ),
    refusal(
        "invalid_content_length",
        "A length has no leading zeros, and no tab beside it.",
    ),
    refusal(
        "multiple_content_lengths",
        "A length is sent once; hyper accepts equal ones.",
    ),
    refusal(
        "multiple_content_types",
        "With two types, whoever checks a body and whoever reads it may take different ones.",
    ),
    refusal(
        "unknown_expectation",
        "An expectation that nobody meets is refused with 417 (RFC 9110 10.1.1), not ignored.",
    ),
    refusal(
        "transfer_encoding_with_content_length",
        "Both framings together are the classic way to smuggle; hyper lets Transfer-Encoding win.",
    ),
    refusal(
        "invalid_transfer_encoding",
        "Chunked is applied once, and the list has no empty items.",
    ),
    refusal(
        "unsupported_transfer_coding",
        "Only chunked is decoded here; hyper hands other codings on undecoded.",
    ),
    refusal(
        "length_required_http10",
        "A POST or PUT of HTTP/1.0 without a length may have been cut.",
    ),
    refusal(
        "invalid_chunk_size",
        "A chunk size has at most 16 digits; hyper takes any number of leading zeros.",
    ),
    refusal(
        "invalid_chunk_extension",
        "Chunk extensions follow their grammar; hyper skips bytes up to the line end.",
    ),
    refusal(
        "forbidden_trailer",
        "Fields that frame or route have no place in trailers.",
    ),
    refusal("content_too_large", "Bodies have a limit here."),
    refusal(
        "request_line_too_long",
        "The request line has a limit of its own here.",
    ),
    refusal(
        "headers_too_large",
        "The field lines have a limit of their own here.",
    ),
    refusal(
        "too_many_headers",
        "One field too many is refused as it comes; hyper waits for the head.",
    ),
    Rule {
        name: "status",
        why: "Both refuse; the status says more here: 413, 414, 417, 431, 505 where hyper says 400 \
              or 431.",
        applies: Applies::When(|_, difference| {
            matches!(
                (&difference.ours, &difference.theirs),
                (Event::Refused { .. }, Event::Refused { .. })
            )
        }),
    },
    Rule {
        name: "options_asterisk",
        why: "`OPTIONS *` is answered by the core and reaches no handler.",
        applies: Applies::When(|_, difference| {
            let asked = Event::Head {
                method: "OPTIONS".into(),
                target: "*".into(),
            };
            difference.theirs == asked
        }),
    },
    Rule {
        name: "trailer_line",
        why: "A malformed trailer line is refused as it comes; hyper waits for the end of the \
              trailers.",
        applies: Applies::When(|input, difference| {
            let refused = matches!(difference.ours, Event::Refused { .. });
            let completed = [input, b"\r\n\r\n"].concat();
            refused && difference.theirs == Event::Waiting && refuses(&oracle::run(&completed))
        }),
    },
    Rule {
        name: "incomplete_line",
        why: "A line is judged when it is complete; hyper refuses at its first wrong byte.",
        applies: Applies::When(|input, difference| {
            let refused = matches!(difference.theirs, Event::Refused { .. });
            let completed = [input, b"\r\n\r\n"].concat();
            refused && difference.ours == Event::Waiting && refuses(&ours::run(&completed))
        }),
    },
    Rule {
        name: "target_characters",
        why: "Printable ASCII is accepted in targets, as browsers send it; hyper refuses some of \
              it.",
        applies: Applies::When(
            |_, difference| match (&difference.ours, &difference.theirs) {
                (Event::Head { target, .. }, Event::Refused { status: 400, .. }) => {
                    target.bytes().any(|byte| b"<>\\^`|".contains(&byte))
                }
                _ => false,
            },
        ),
    },
    Rule {
        name: "absolute_target",
        why: "The target is handed on as sent; hyper gives it parsed and written anew.",
        applies: Applies::When(
            |_, difference| match (&difference.ours, &difference.theirs) {
                (Event::Head { target, .. }, Event::Head { target: parsed, .. }) => {
                    target.contains("://")
                        && target.to_lowercase() == parsed.trim_end_matches('/').to_lowercase()
                        || target.eq_ignore_ascii_case(parsed)
                }
                _ => false,
            },
        ),
    },
];

fn refuses(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event, Event::Refused { .. }))
}

/// The rule that explains a difference.
pub(crate) fn explain(input: &[u8], difference: &Difference) -> Option<&'static Rule> {
    RULES.iter().find(|rule| match rule.applies {
        Applies::When(applies) => applies(input, difference),
        Applies::Refusal => match (&difference.ours, &difference.theirs) {
            (_, Event::Refused { .. }) => false,
            (Event::Refused { reason, .. }, _) => *reason == rule.name,
            _ => false,
        },
    })
}
