//! Properties over generated input: cuts change nothing, what we accept an independent parser
//! accepts alike, what we write reads back, the route table agrees with a plain search.

mod support;

use lanner_proto::h1::{
    EncodeContext, FieldIter, Framing, ReplyBody, ReplyHead, encode_chunk_end, encode_chunk_head,
    encode_head, encode_last_chunk,
};
use lanner_proto::{Found, Limits, Method, RouteSpec, RouteTable, Version, http_date};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{End, run, run_pieces};

/// Pieces that heads and chunked bodies are made of, right and wrong ones.
const FRAGMENTS: &[&str] = &[
    "GET ",
    "POST ",
    "OPTIONS ",
    "CONNECT ",
    "get ",
    "/",
    "/a/../b",
    "/%2e%41",
    "/%00",
    "*",
    "a:80",
    "http://a",
    "?q",
    "#",
    " ",
    "  ",
    "\t",
    " HTTP/1.1",
    " HTTP/1.0",
    " HTTP/1.2",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "Host: a",
    "Host:",
    "Host: b:1",
    "Content-Length: 3",
    "Content-Length: 0",
    "Content-Length: 99",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip",
    "Connection: close",
    "Connection: keep-alive",
    "Expect: 100-continue",
    "X: y",
    "X : y",
    " folded",
    ":",
    "\u{0}",
    "\u{7f}",
    "é",
    "0",
    "3",
    "a",
    "0\r\n\r\n",
    "3\r\nabc\r\n",
    "3;x=\"y\"\r\nabc\r\n",
    ";ext",
    "abc",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
];

fn tight() -> Limits {
    Limits {
        request_line_bytes: 60,
        header_bytes: 120,
        headers: 5,
        body_bytes: Some(40),
        chunk_extension_bytes: 12,
        chunk_extensions_bytes: 20,
        ..Limits::default()
    }
}

fn limits() -> impl Strategy<Value = Limits> {
    let lenient = Limits {
        allow_bare_lf: true,
        ..tight()
    };
    prop_oneof![Just(Limits::default()), Just(tight()), Just(lenient)]
}

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let fragments = vec(select(FRAGMENTS), 0..24);
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (fragments, proptest::option::weighted(0.3, edit)).prop_map(|(fragments, edit)| {
        let mut bytes = fragments.concat().into_bytes();
        if let Some((at, byte, kind)) = edit.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

/// `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.max(2000),
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn cuts_change_nothing(
        bytes in messages(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        limits in limits(),
    ) {
        let whole = run(&bytes, &limits);
        prop_assert_eq!(&run_pieces(cut(&bytes, &cuts), &limits), &whole);
        prop_assert_eq!(&run_pieces(bytes.chunks(1), &limits), &whole);
    }

    #[test]
    fn bytes_of_any_kind_are_harmless(bytes in vec(any::<u8>(), 0..200), limits in limits()) {
        let whole = run(&bytes, &limits);
        prop_assert_eq!(run_pieces(bytes.chunks(1), &limits), whole);
    }

    #[test]
    fn what_we_accept_the_oracle_accepts(bytes in messages(), limits in limits()) {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        let run = run(&bytes[..end], &limits);
        if let Some(ours) = run.requests.first() {
            let mut fields = [httparse::EMPTY_HEADER; 100];
            let mut oracle = httparse::Request::new(&mut fields);
            let status = oracle.parse(&bytes[..end]);
            prop_assert!(matches!(status, Ok(httparse::Status::Complete(_))), "{:?}", status);
            prop_assert_eq!(oracle.method, Some(ours.method.as_str()));
            prop_assert_eq!(oracle.path, Some(ours.target.as_str()));
            prop_assert_eq!(oracle.version == Some(1), ours.version == Version::Http11);
            let theirs = oracle.headers.iter().map(|f| (f.name.to_owned(), f.value.to_vec()));
            prop_assert_eq!(theirs.collect::<Vec<_>>(), ours.fields.clone());
        }
    }

    #[test]
    fn replies_read_back(
        status in 200..=599u16,
        fields in vec(("[!#-'*+.^_`|~0-9A-Za-z-]{1,12}", "[ -~\u{e9}]{0,20}"), 0..6),
        length in proptest::option::of(any::<u64>()),
        modern in any::<bool>(),
    ) {
        let fields: Vec<(&[u8], &[u8])> =
            fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let head = ReplyHead {
            status,
            content_type: 1,
            lines: None,
            fields: FieldIter::slice(&fields),
            body: length.map_or(ReplyBody::Stream, ReplyBody::Length),
            close: false,
        };
        let cx = EncodeContext {
            version: if modern { Version::Http11 } else { Version::Http10 },
            head_request: false,
            connect: false,
            keep_alive: true,
            date: &http_date(0),
            server: None,
        };
        let mut out = Vec::new();
        if let Ok(encoded) = encode_head(&mut out, &head, &cx) {
            let mut theirs = [httparse::EMPTY_HEADER; 20];
            let mut reply = httparse::Response::new(&mut theirs);
            prop_assert_eq!(reply.parse(&out), Ok(httparse::Status::Complete(out.len())));
            prop_assert_eq!(reply.code, Some(status));
            for ((name, value), theirs) in fields.iter().zip(reply.headers.iter().skip(1)) {
                prop_assert_eq!(*name, theirs.name.as_bytes());
                prop_assert_eq!(trim(value), theirs.value);
            }
            let sent = |name: &str| reply.headers.iter().find(|f| f.name == name).map(|f| f.value);
            match encoded.framing {
                Framing::Length(n) => {
                    let n = n.to_string();
                    prop_assert_eq!(sent("Content-Length"), Some(n.as_bytes()));
                }
                Framing::Chunked => {
                    prop_assert_eq!(sent("Transfer-Encoding"), Some(&b"chunked"[..]));
                }
                Framing::UntilClose => prop_assert!(!modern && encoded.close),
                Framing::NoBody => prop_assert!(matches!(status, 204 | 304)),
            }
            prop_assert_eq!(sent("Connection") == Some(b"close"), encoded.close);
        }
    }

    #[test]
    fn chunks_read_back(
        chunks in vec(vec(any::<u8>(), 0..40), 0..6),
        trailers in vec(("x-[a-z]{1,8}", "[!-~]{0,12}"), 0..4),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut bytes = head.as_bytes().to_vec();
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            encode_chunk_head(&mut bytes, chunk.len());
            bytes.extend_from_slice(chunk);
            encode_chunk_end(&mut bytes);
        }
        let fields: Vec<(&[u8], &[u8])> =
            trailers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let owned = |(name, value): &(String, String)| (name.clone(), value.clone().into_bytes());
        let sent: Vec<_> = trailers.iter().map(owned).collect();
        if encode_last_chunk(&mut bytes, FieldIter::slice(&fields)).is_ok() {
            let run = run_pieces(cut(&bytes, &cuts), &Limits::default());
            prop_assert_eq!(run.end, End::Waiting { left: 0 });
            prop_assert_eq!(&run.requests[0].body, &chunks.concat());
            prop_assert_eq!(&run.requests[0].trailers, &sent);
        }
    }

    #[test]
    fn routes_agree_with_a_plain_search(
        routes in vec((select(METHODS), vec(select(SEGMENTS), 1..5), any::<u8>()), 0..12),
        method in select(METHODS),
        path in vec(select(&["a", "b", "c", ""][..]), 1..6),
    ) {
        let mut patterns: Vec<(&str, String)> = Vec::new();
        for (method, segments, tail) in routes {
            let pattern = pattern(&segments, tail);
            let mut specs: Vec<_> = as_specs(&patterns);
            specs.push(RouteSpec { method, pattern: &pattern });
            if RouteTable::build(&specs).is_ok() {
                patterns.push((method, pattern));
            }
        }
        let table = RouteTable::build(&as_specs(&patterns)).expect("each was added before");
        let path = format!("/{}", path.join("/"));
        let mut params = Vec::new();
        let id = Method::from_bytes(method.as_bytes());
        let found = table.find(id, method.as_bytes(), path.as_bytes(), &mut params);
        let expected = plain_search(&patterns, method, &path);
        match found {
            Found::Route(route) => prop_assert_eq!(Some(route as usize), expected),
            _ => prop_assert_eq!(None, expected),
        }
    }
}

fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|b| !blank(b))
        .map_or(start, |at| at + 1);
    &bytes[start..end]
}

const METHODS: &[&str] = &["GET", "HEAD", "POST", "*", "LOCK"];
const SEGMENTS: &[&str] = &["a", "b", ":", ":", ""];

fn as_specs<'a>(patterns: &'a [(&'a str, String)]) -> Vec<RouteSpec<'a>> {
    patterns
        .iter()
        .map(|(method, pattern)| RouteSpec { method, pattern })
        .collect()
}

fn pattern(segments: &[&str], tail: u8) -> String {
    let mut pattern = String::new();
    for (index, segment) in segments.iter().enumerate() {
        pattern.push('/');
        match *segment {
            ":" => pattern.push_str(&format!(":p{index}")),
            text => pattern.push_str(text),
        }
    }
    match tail % 6 {
        0 => pattern.push_str("/*rest"),
        1 if pattern
            .rsplit('/')
            .next()
            .is_some_and(|last| last.starts_with(':')) =>
        {
            pattern.push('?')
        }
        _ => {}
    }
    pattern
}

/// Tries every route on its own and takes the one whose segments are most specific, the leftmost
/// deciding first.
fn plain_search(patterns: &[(&str, String)], method: &str, path: &str) -> Option<usize> {
    let mut best: Option<(Vec<u8>, u8, usize)> = None;
    for (index, (of, pattern)) in patterns.iter().enumerate() {
        let rank = match *of {
            of if of == method => 0,
            "GET" if method == "HEAD" => 1,
            "*" => 2,
            _ => continue,
        };
        let short = pattern
            .strip_suffix('?')
            .and_then(|full| full.rsplit_once('/'));
        let short = short.map(|(short, _)| if short.is_empty() { "/" } else { short });
        for variant in [Some(pattern.trim_end_matches('?')), short]
            .into_iter()
            .flatten()
        {
            if let Some(kinds) = matches(variant, path) {
                let candidate = (kinds, rank, index);
                if best.as_ref().is_none_or(|best| candidate < *best) {
                    best = Some(candidate);
                }
            }
        }
    }
    best.map(|(_, _, index)| index)
}

fn matches(pattern: &str, path: &str) -> Option<Vec<u8>> {
    let mut kinds = Vec::new();
    let mut segments = path.split('/').skip(1);
    for part in pattern.split('/').skip(1) {
        if part.starts_with('*') {
            segments.next()?;
            kinds.push(2);
            return Some(kinds);
        }
        let segment = segments.next()?;
        match part.starts_with(':') {
            true if segment.is_empty() => return None,
            true => kinds.push(1),
            false if part == segment => kinds.push(0),
            false => return None,
        }
    }
    segments.next().is_none().then_some(kinds)
}
