//! Header fields as spans, and the field names that are known by number.
//!
//! The decoder gives each field an id, so that neither `core` nor JavaScript compares names on the
//! hot path. The table is the only list: `npm run gen` writes JavaScript's twin from it, and ids
//! only ever grow at the end.
//!
//! Deliberately not here: values. What a field means is decided where it is used.

use crate::Span;

/// One field line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The known-name id, 0 when the name is not in the table.
    pub id: u8,
    /// The name as sent.
    pub name: Span,
    /// The value, without the whitespace around it.
    pub value: Span,
}

/// The known field names: a constant for each id, and the table.
#[rustfmt::skip]
pub mod known {
    /// A name that is not in the table.
    pub const UNKNOWN: u8 = 0;
    /// `host`
    pub const HOST: u8 = 1;
    /// `content-length`
    pub const CONTENT_LENGTH: u8 = 2;
    /// `transfer-encoding`
    pub const TRANSFER_ENCODING: u8 = 3;
    /// `connection`
    pub const CONNECTION: u8 = 4;
    /// `expect`
    pub const EXPECT: u8 = 5;
    /// `upgrade`
    pub const UPGRADE: u8 = 6;
    /// `content-type`
    pub const CONTENT_TYPE: u8 = 7;
    /// `accept`
    pub const ACCEPT: u8 = 8;
    /// `accept-encoding`
    pub const ACCEPT_ENCODING: u8 = 9;
    /// `accept-language`
    pub const ACCEPT_LANGUAGE: u8 = 10;
    /// `user-agent`
    pub const USER_AGENT: u8 = 11;
    /// `cookie`
    pub const COOKIE: u8 = 12;
    /// `authorization`
    pub const AUTHORIZATION: u8 = 13;
    /// `referer`
    pub const REFERER: u8 = 14;
    /// `origin`
    pub const ORIGIN: u8 = 15;
    /// `cache-control`
    pub const CACHE_CONTROL: u8 = 16;
    /// `pragma`
    pub const PRAGMA: u8 = 17;
    /// `if-match`
    pub const IF_MATCH: u8 = 18;
    /// `if-none-match`
    pub const IF_NONE_MATCH: u8 = 19;
    /// `if-modified-since`
    pub const IF_MODIFIED_SINCE: u8 = 20;
    /// `if-unmodified-since`
    pub const IF_UNMODIFIED_SINCE: u8 = 21;
    /// `if-range`
    pub const IF_RANGE: u8 = 22;
    /// `range`
    pub const RANGE: u8 = 23;
    /// `date`
    pub const DATE: u8 = 24;
    /// `te`
    pub const TE: u8 = 25;
    /// `trailer`
    pub const TRAILER: u8 = 26;
    /// `keep-alive`
    pub const KEEP_ALIVE: u8 = 27;
    /// `proxy-connection`
    pub const PROXY_CONNECTION: u8 = 28;
    /// `proxy-authorization`
    pub const PROXY_AUTHORIZATION: u8 = 29;
    /// `via`
    pub const VIA: u8 = 30;
    /// `forwarded`
    pub const FORWARDED: u8 = 31;
    /// `from`
    pub const FROM: u8 = 32;
    /// `max-forwards`
    pub const MAX_FORWARDS: u8 = 33;
    /// `content-encoding`
    pub const CONTENT_ENCODING: u8 = 34;
    /// `content-language`
    pub const CONTENT_LANGUAGE: u8 = 35;
    /// `content-location`
    pub const CONTENT_LOCATION: u8 = 36;
    /// `content-range`
    pub const CONTENT_RANGE: u8 = 37;
    /// `accept-charset`
    pub const ACCEPT_CHARSET: u8 = 38;
    /// `access-control-request-method`
    pub const ACCESS_CONTROL_REQUEST_METHOD: u8 = 39;
    /// `access-control-request-headers`
    pub const ACCESS_CONTROL_REQUEST_HEADERS: u8 = 40;
    /// `access-control-request-private-network`
    pub const ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK: u8 = 41;
    /// `dnt`
    pub const DNT: u8 = 42;
    /// `priority`
    pub const PRIORITY: u8 = 43;
    /// `sec-fetch-site`
    pub const SEC_FETCH_SITE: u8 = 44;
    /// `sec-fetch-mode`
    pub const SEC_FETCH_MODE: u8 = 45;
    /// `sec-fetch-dest`
    pub const SEC_FETCH_DEST: u8 = 46;
    /// `sec-fetch-user`
    pub const SEC_FETCH_USER: u8 = 47;
    /// `sec-ch-ua`
    pub const SEC_CH_UA: u8 = 48;
    /// `sec-ch-ua-mobile`
    pub const SEC_CH_UA_MOBILE: u8 = 49;
    /// `sec-ch-ua-platform`
    pub const SEC_CH_UA_PLATFORM: u8 = 50;
    /// `sec-websocket-key`
    pub const SEC_WEBSOCKET_KEY: u8 = 51;
    /// `sec-websocket-version`
    pub const SEC_WEBSOCKET_VERSION: u8 = 52;
    /// `sec-websocket-protocol`
    pub const SEC_WEBSOCKET_PROTOCOL: u8 = 53;
    /// `sec-websocket-extensions`
    pub const SEC_WEBSOCKET_EXTENSIONS: u8 = 54;
    /// `sec-gpc`
    pub const SEC_GPC: u8 = 55;
    /// `sec-purpose`
    pub const SEC_PURPOSE: u8 = 56;
    /// `upgrade-insecure-requests`
    pub const UPGRADE_INSECURE_REQUESTS: u8 = 57;
    /// `x-forwarded-for`
    pub const X_FORWARDED_FOR: u8 = 58;
    /// `x-forwarded-proto`
    pub const X_FORWARDED_PROTO: u8 = 59;
    /// `x-forwarded-host`
    pub const X_FORWARDED_HOST: u8 = 60;
    /// `x-forwarded-port`
    pub const X_FORWARDED_PORT: u8 = 61;
    /// `x-real-ip`
    pub const X_REAL_IP: u8 = 62;
    /// `x-request-id`
    pub const X_REQUEST_ID: u8 = 63;
    /// `x-correlation-id`
    pub const X_CORRELATION_ID: u8 = 64;
    /// `x-requested-with`
    pub const X_REQUESTED_WITH: u8 = 65;
    /// `x-csrf-token`
    pub const X_CSRF_TOKEN: u8 = 66;
    /// `x-api-key`
    pub const X_API_KEY: u8 = 67;
    /// `x-http-method-override`
    pub const X_HTTP_METHOD_OVERRIDE: u8 = 68;
    /// `traceparent`
    pub const TRACEPARENT: u8 = 69;
    /// `tracestate`
    pub const TRACESTATE: u8 = 70;
    /// `baggage`
    pub const BAGGAGE: u8 = 71;
    /// `idempotency-key`
    pub const IDEMPOTENCY_KEY: u8 = 72;
    /// `last-event-id`
    pub const LAST_EVENT_ID: u8 = 73;
    /// `save-data`
    pub const SAVE_DATA: u8 = 74;
    /// `early-data`
    pub const EARLY_DATA: u8 = 75;
    /// `link`
    pub const LINK: u8 = 76;
    /// `set-cookie`
    pub const SET_COOKIE: u8 = 77;

    /// The names in lower case, by id; id 0 has none.
    pub const NAMES: [&str; 78] = [
        "",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "expect",
        "upgrade",
        "content-type",
        "accept",
        "accept-encoding",
        "accept-language",
        "user-agent",
        "cookie",
        "authorization",
        "referer",
        "origin",
        "cache-control",
        "pragma",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
        "if-range",
        "range",
        "date",
        "te",
        "trailer",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "via",
        "forwarded",
        "from",
        "max-forwards",
        "content-encoding",
        "content-language",
        "content-location",
        "content-range",
        "accept-charset",
        "access-control-request-method",
        "access-control-request-headers",
        "access-control-request-private-network",
        "dnt",
        "priority",
        "sec-fetch-site",
        "sec-fetch-mode",
        "sec-fetch-dest",
        "sec-fetch-user",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "sec-gpc",
        "sec-purpose",
        "upgrade-insecure-requests",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-real-ip",
        "x-request-id",
        "x-correlation-id",
        "x-requested-with",
        "x-csrf-token",
        "x-api-key",
        "x-http-method-override",
        "traceparent",
        "tracestate",
        "baggage",
        "idempotency-key",
        "last-event-id",
        "save-data",
        "early-data",
        "link",
        "set-cookie",
    ];

    pub use super::id;
}

/// The ids up to this one change how a request is framed, routed or kept alive, or may stand in it
/// once; the decoder looks at them while it parses.
pub(crate) const LAST_FRAMING_ID: u8 = known::CONTENT_TYPE;

/// The known-name id of a field name in any case, or 0.
///
/// A perfect hash over the length and three letters picks the only candidate; one comparison then
/// decides. That the hash is perfect for the table is checked at compile time.
#[inline]
pub fn id(name: &[u8]) -> u8 {
    let Some(slot) = slot(name) else {
        return known::UNKNOWN;
    };
    let candidate = SLOTS.get(slot).copied().unwrap_or(known::UNKNOWN);
    match known::NAMES.get(usize::from(candidate)) {
        Some(known) if is_same(name, known.as_bytes()) => candidate,
        _ => known::UNKNOWN,
    }
}

/// Whether `name` is `known`, which is lower case, but for the case of letters; a word at a time.
#[inline]
fn is_same(name: &[u8], known: &[u8]) -> bool {
    if name.len() != known.len() {
        return false;
    }
    // The last words overlap those before them, which saves a loop over the rest.
    match (name.last_chunk::<8>(), known.last_chunk::<8>()) {
        (Some(a), Some(b)) => {
            let words = name.chunks_exact(8).zip(known.chunks_exact(8));
            words.fold(is_same_word(a, b), |same, (a, b)| {
                match (a.first_chunk(), b.first_chunk()) {
                    (Some(a), Some(b)) => same & is_same_word(a, b),
                    _ => false,
                }
            })
        }
        _ => is_same_short(name, known),
    }
}

/// The same for less than a word: as two halves, which may overlap too.
#[inline]
fn is_same_short(name: &[u8], known: &[u8]) -> bool {
    let same = |name: &[u8; 4], known: &[u8; 4]| {
        let (name, known) = (u32::from_le_bytes(*name), u32::from_le_bytes(*known));
        name | (known & 0x4040_4040) >> 1 == known
    };
    match (name, known) {
        ([a0, a1, a2, a3, ..], [b0, b1, b2, b3, ..]) => {
            let first = same(&[*a0, *a1, *a2, *a3], &[*b0, *b1, *b2, *b3]);
            let last = name.last_chunk().zip(known.last_chunk());
            first & last.is_some_and(|(name, known)| same(name, known))
        }
        _ => name.eq_ignore_ascii_case(known),
    }
}

/// Folds only where `known` has a letter: of its bytes, just letters have bit 6.
#[inline]
fn is_same_word(name: &[u8; 8], known: &[u8; 8]) -> bool {
    let (name, known) = (u64::from_le_bytes(*name), u64::from_le_bytes(*known));
    name | (known & 0x4040_4040_4040_4040) >> 1 == known
}

const SLOTS: [u8; 256] = slots();

/// The hash: multipliers found by search. Letters are folded by setting bit 5, which maps no two
/// bytes of the table's names onto each other but for case.
const fn slot(name: &[u8]) -> Option<usize> {
    let len = name.len();
    if len < 2 || len > 64 {
        return None;
    }
    let (first, middle, near_last) = (name[0] | 32, name[len / 2] | 32, name[len - 2] | 32);
    let mix = len * 387 + first as usize * 47 + middle as usize * 771 + near_last as usize * 705;
    Some((mix >> 3) & 255)
}

const fn slots() -> [u8; 256] {
    let mut slots = [0u8; 256];
    let mut id = 1;
    while id < known::NAMES.len() {
        match slot(known::NAMES[id].as_bytes()) {
            Some(at) if slots[at] == 0 => slots[at] = id as u8,
            _ => panic!("two known names share a slot: search new multipliers"),
        }
        id += 1;
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (index, name) in known::NAMES.iter().enumerate().skip(1) {
            assert_eq!(usize::from(id(name.as_bytes())), index, "{name}");
            assert_eq!(
                usize::from(id(name.to_ascii_uppercase().as_bytes())),
                index,
                "{name}"
            );
            assert_eq!(name.to_ascii_lowercase(), *name);
        }
    }

    #[test]
    fn constants_name_their_entries() {
        assert_eq!(known::NAMES[usize::from(known::HOST)], "host");
        assert_eq!(known::NAMES[usize::from(known::UPGRADE)], "upgrade");
        assert_eq!(known::NAMES[usize::from(known::SET_COOKIE)], "set-cookie");
        assert_eq!(usize::from(known::SET_COOKIE), known::NAMES.len() - 1);
    }

    #[test]
    fn other_names_are_unknown() {
        for name in [
            "",
            "h",
            "hosts",
            "hos",
            "x-anything",
            "content_length",
            "\u{0}ost",
            "host ",
        ] {
            assert_eq!(id(name.as_bytes()), known::UNKNOWN, "{name}");
        }
        assert_eq!(id(&[b'x'; 300]), known::UNKNOWN);
        for byte in 0..=255u8 {
            let near = [byte, b'o', b's', b't'];
            assert_eq!(id(&near) != 0, byte == b'h' || byte == b'H');
        }
    }
}
