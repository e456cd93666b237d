//! smuggler's exhaustive list (defparam/smuggler): 668 spellings of a Transfer-Encoding line, each
//! in requests whose two framings disagree.
//!
//! Every mutation is refused, or harmless. Harmless means that the framing has one reading: the
//! server sees as many requests as a strict parser (`strict.rs`), with the same lines and the same
//! bodies, and ends or waits where that one does; so no byte of a body is taken for a request. The
//! few mutations that are not refused are listed here: one more or one fewer fails.

use crate::strict::{self, Ending};
use crate::support::outcome::{Outcome, outcome, outcome_every_way};
use crate::support::wire::Setup;
use crate::{GOOD, setup};

/// One spelling: the name in the list, and the line without its end.
struct Mutation {
    name: String,
    line: Vec<u8>,
}

/// The spellings with a name of their own; every character is one byte.
const NAMED: &[(&str, &str)] = &[
    ("nameprefix1", " Transfer-Encoding: chunked"),
    ("tabprefix1", "Transfer-Encoding:\tchunked"),
    ("tabprefix2", "Transfer-Encoding\t:\tchunked"),
    ("spacejoin1", "Transfer Encoding: chunked"),
    ("underjoin1", "Transfer_Encoding: chunked"),
    ("smashed", "Transfer Encoding:chunked"),
    ("space1", "Transfer-Encoding : chunked"),
    ("valueprefix1", "Transfer-Encoding:  chunked"),
    ("vertprefix1", "Transfer-Encoding:\u{b}chunked"),
    ("commaCow", "Transfer-Encoding: chunked, cow"),
    ("cowComma", "Transfer-Encoding: cow, chunked"),
    ("contentEnc", "Content-Encoding: chunked"),
    ("linewrapped1", "Transfer-Encoding:\n chunked"),
    ("quoted", "Transfer-Encoding: \"chunked\""),
    ("aposed", "Transfer-Encoding: 'chunked'"),
    ("lazygrep", "Transfer-Encoding: chunk"),
    ("sarcasm", "TrAnSFer-EnCODinG: cHuNkeD"),
    ("yelling", "TRANSFER-ENCODING: CHUNKED"),
    ("0dsuffix", "Transfer-Encoding: chunked\r"),
    ("tabsuffix", "Transfer-Encoding: chunked\t"),
    (
        "revdualchunk",
        "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
    ),
    ("0dspam", "Transfer\r-Encoding: chunked"),
    ("nested", "Transfer-Encoding: cow chunked bar"),
    ("spaceFF", "Transfer-Encoding:\u{ff}chunked"),
    ("accentCH", "Transfer-Encoding: ch\u{96}nked"),
    ("accentTE", "Transf\u{82}r-Encoding: chunked"),
    ("x-rout", "X:X\rTransfer-Encoding: chunked"),
    ("x-nout", "X:X\nTransfer-Encoding: chunked"),
];

/// The whole list. `wide` writes characters from 0x80 on as UTF-8, as the tool itself does, and not
/// as the single byte that its names mean.
fn mutations(wide: bool) -> Vec<Mutation> {
    let bytes = |text: &str| -> Vec<u8> {
        match wide {
            true => text.as_bytes().to_vec(),
            false => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
                .collect(),
        }
    };
    let mut all: Vec<(String, String)> = Vec::new();
    all.extend(NAMED.iter().map(|&(name, line)| (name.into(), line.into())));
    for byte in (0x01..=0x1f).chain(0x7f..=0xff_u8) {
        let c = char::from(byte);
        for (place, line) in [
            ("midspace", format!("Transfer-Encoding:{c}chunked")),
            ("postspace", format!("Transfer-Encoding{c}: chunked")),
            ("prespace", format!("{c}Transfer-Encoding: chunked")),
            ("endspace", format!("Transfer-Encoding: chunked{c}")),
        ] {
            all.push((format!("{place}-{byte:02x}"), line));
        }
    }
    let mutation = |(name, line): (String, String)| Mutation {
        name,
        line: bytes(&line),
    };
    all.into_iter().map(mutation).collect()
}

/// What must never be seen as a request where a body holds it.
const HIDDEN: &str = "GET /files/hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// The ways to put a mutation into a request: name, fields besides it, body.
fn shapes() -> Vec<(&'static str, String, String)> {
    let length = |n: usize| format!("Content-Length: {n}\r\n");
    let chunk = format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len());
    let after_end = format!("0\r\n\r\n{HIDDEN}");
    let te = "Transfer-Encoding: chunked\r\n".to_owned();
    let cow = "Transfer-Encoding: cow\r\n".to_owned();
    vec![
        // The tool's own probes and their edge cases, which wait where a desync is.
        (
            "CL.TE, length too short",
            length(4),
            "1\r\nZ\r\n0\r\n\r\n".into(),
        ),
        (
            "CL.TE, length right",
            length(11),
            "1\r\nZ\r\n0\r\n\r\n".into(),
        ),
        ("TE.CL, length too long", length(6), "0\r\n\r\nX".into()),
        ("TE.CL, length right", length(5), "0\r\n\r\nX".into()),
        // A request behind the last chunk, inside the length.
        ("CL.TE, hidden", length(after_end.len()), after_end.clone()),
        // A request as the data of a chunk, behind the length.
        ("TE.CL, hidden", length(4), chunk.clone()),
        // Two codings, one of them hidden from somebody.
        ("TE.TE, chunked", te, chunk.clone()),
        ("TE.TE, cow", cow, chunk.clone()),
        // Nothing but the mutation: chunked, or no body and a next request that is none.
        ("alone", String::new(), chunk),
        ("alone, hidden", String::new(), after_end),
    ]
}

fn request(line: &[u8], fields: &str, body: &str, line_first: bool) -> Vec<u8> {
    let start = "POST /echo?cb=1 HTTP/1.1\r\n";
    let middle = "Host: a\r\nUser-Agent: x\r\nContent-type: application/x-www-form-urlencoded\r\n";
    let line = [line, b"\r\n"].concat();
    let parts: [&[u8]; 4] = match line_first {
        true => [
            start.as_bytes(),
            &line,
            middle.as_bytes(),
            fields.as_bytes(),
        ],
        false => [
            start.as_bytes(),
            middle.as_bytes(),
            fields.as_bytes(),
            &line,
        ],
    };
    [&parts.concat(), "\r\n".as_bytes(), body.as_bytes()].concat()
}

/// The server and the strict parser agree: requests, bodies, the end.
fn agrees(name: &str, input: &[u8], outcome: &Outcome) {
    let strict = strict::read(input);
    let whole = outcome.seen.iter().filter(|seen| seen.whole);
    let ours: Vec<_> = whole
        .map(|seen| (seen.line.clone(), seen.body.clone()))
        .collect();
    let text = input.escape_ascii();
    assert_eq!(ours, strict.requests, "{name}: {text}");
    let refused = strict.end == Ending::Refused;
    assert_eq!(outcome.ended, refused, "{name}: {strict:?} {outcome:?}");
    let replies = strict.requests.len() + usize::from(refused);
    assert_eq!(outcome.statuses.len(), replies, "{name}: {outcome:?}");
    let last = outcome.statuses.last().copied().unwrap_or(0);
    assert_eq!((400..=599).contains(&last), refused, "{name}: {outcome:?}");
}

/// Runs the list in one shape; returns the names that were not refused at once.
fn not_refused(setup: &Setup, fields: &str, body: &str, shape: &str) -> Vec<String> {
    let mut names = Vec::new();
    for wide in [false, true] {
        for Mutation { name, line } in mutations(wide) {
            let mut passed = Vec::new();
            for line_first in [true, false] {
                let input = request(&line, fields, body, line_first);
                let name = format!("{name}, {shape}, first: {line_first}, wide: {wide}");
                let outcome = outcome_every_way(&name, setup, &input, []);
                agrees(&name, &input, &outcome);
                passed.push(!outcome.is_refusal());
            }
            assert_eq!(passed[0], passed[1], "{name}, {shape}: the place decides");
            if passed[0] && !wide {
                names.push(name);
            }
        }
    }
    names
}

#[test]
fn the_list_has_668_mutations() {
    let all = mutations(false);
    assert_eq!(all.len(), 668);
    let mut lines: Vec<_> = all.iter().map(|mutation| &mutation.line).collect();
    lines.sort_unstable();
    lines.dedup();
    // Five lines have two names: HTAB, VT or 0xFF before the value, HTAB or CR behind it.
    assert_eq!(lines.len(), 668 - 5);
}

#[test]
fn every_mutation_is_refused_or_harmless() {
    // Content-Encoding frames nothing, so Content-Length alone does. The others are
    // Transfer-Encoding in another case or behind other whitespace: RFC 9112 section 5.
    let beside_a_length = ["contentEnc"];
    let alone = [
        "tabprefix1",
        "valueprefix1",
        "contentEnc",
        "sarcasm",
        "yelling",
        "tabsuffix",
        "midspace-09",
        "endspace-09",
    ];
    for (shape, fields, body) in shapes() {
        let names = not_refused(&setup(), &fields, &body, shape);
        let expected: &[&str] = match shape {
            // No body, and behind the head no request.
            "alone" | "alone, hidden" => &alone,
            "TE.TE, chunked" => &beside_a_length,
            "TE.TE, cow" => &[],
            _ => &beside_a_length,
        };
        assert_eq!(names, expected, "{shape}");
    }
}

#[test]
fn where_a_mutation_is_cut_makes_no_difference() {
    for (shape, fields, body) in shapes()
        .into_iter()
        .filter(|(shape, ..)| shape.ends_with("hidden"))
    {
        for Mutation { name, line } in mutations(false) {
            let input = request(&line, &fields, &body, true);
            let from = "POST /echo?cb=1 HTTP/1.1\r\n".len();
            let name = format!("{name}, {shape}");
            let whole = outcome(&setup(), [&input[..]]);
            for at in from - 1..from + line.len() + 3 {
                let (first, second) = input.split_at(at);
                assert_eq!(
                    outcome(&setup(), [first, second]),
                    whole,
                    "{name}, cut at {at}"
                );
            }
        }
    }
}

#[test]
fn behind_and_before_good_requests() {
    for (shape, fields, body) in shapes() {
        for Mutation { name, line } in mutations(false) {
            let name = format!("{name}, {shape}");
            let mutated = request(&line, &fields, &body, true);
            let input = [GOOD, &mutated, GOOD].concat();
            let outcome = outcome(&setup(), [&input[..]]);
            agrees(&name, &input, &outcome);
            assert_eq!(outcome.statuses[0], 200, "{name}: the request before it");
        }
    }
}

/// With bare LF allowed a mutation can end a line or the head; it must not hide a request for that.
#[test]
fn bare_line_feeds_allowed_hide_no_request() {
    let mut setup = setup();
    setup.config.limits.allow_bare_lf = true;
    for (shape, fields, body) in shapes()
        .into_iter()
        .filter(|(_, fields, _)| !fields.is_empty())
    {
        for Mutation { name, line } in mutations(false) {
            let input = request(&line, &fields, &body, true);
            let name = format!("{name}, {shape}");
            let outcome = outcome_every_way(&name, &setup, &input, []);
            let refused = outcome.is_refusal();
            assert!(
                refused || name.starts_with("contentEnc"),
                "{name}: {outcome:?}"
            );
        }
    }
}
