//! Field sections that were parsed before: a client on a kept connection mostly repeats itself.
//!
//! The parser of heads asks here before it reads lines. A section is recalled only where the same
//! bytes stand, up to the empty line and with it, and what lines mean depends on nothing else: so
//! a recalled section is what the parser would have made of it, faults excluded, because only what
//! was accepted is remembered. One memo per I/O thread (in its [`Head`](crate::Head)) serves all
//! connections; each keeps a [`Hint`] of two bytes. Promises a bound on its memory, and that a
//! client that never repeats itself costs one early comparison per head.
//!
//! Deliberately not here: what the fields mean together (`framing`), which is judged each time
//! anew, and limits, which the caller checks against the sizes it gets.

use super::framing::Noted;
use crate::{Field, Span};

/// Sections that are remembered at once: 64 KiB in all at most.
const PLACES: usize = 32;
/// Longest section that is remembered, in bytes, with its empty line: twice what browsers send
/// without cookies.
const SECTION_BYTES_MAX: usize = 1536;
/// Most fields of a section that is remembered.
const FIELDS_MAX: usize = 24;

/// The sections that one thread remembers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    places: Vec<Section>,
}

/// A section, as if it began at 0.
#[derive(Clone, Debug, Default)]
struct Section {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    noted: Noted,
}

/// Where a connection's last section is remembered, and how often it was another one since.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    place: u8,
    misses: u8,
}

/// A section that was recalled.
pub(crate) struct Recalled {
    /// What was noted of its fields.
    pub(crate) noted: Noted,
    /// Its length, with the empty line.
    pub(crate) len: usize,
}

impl Memo {
    /// Appends the fields of the section at `at` to `fields`, when it is the one of the hint.
    #[inline]
    pub(crate) fn recall(
        &self,
        hint: &mut Hint,
        bytes: &[u8],
        at: usize,
        fields: &mut Vec<Field>,
    ) -> Option<Recalled> {
        let section = self.places.get(usize::from(hint.place))?;
        let rest = bytes.get(at..)?;
        if section.bytes.is_empty() || !rest.starts_with(&section.bytes) {
            return None;
        }
        hint.misses = 0;
        fields.extend(section.fields.iter().map(|field| Field {
            id: field.id,
            name: field.name.moved(at),
            value: field.value.moved(at),
        }));
        Some(Recalled {
            noted: section.noted.moved(at),
            len: section.bytes.len(),
        })
    }

    /// Takes note of a section that had to be parsed: `bytes` from `at`, with its empty line. The
    /// first time on a connection it is only looked for; later ever more rarely.
    pub(crate) fn remember(
        &mut self,
        hint: &mut Hint,
        (bytes, at): (&[u8], usize),
        fields: &[Field],
        noted: &Noted,
    ) {
        hint.misses = hint.misses.checked_add(1).unwrap_or(64);
        if !hint.misses.is_power_of_two() {
            return;
        }
        let section = bytes.get(at..).unwrap_or_default();
        if section.len() > SECTION_BYTES_MAX || fields.len() > FIELDS_MAX {
            return;
        }
        let place = place_of(section);
        let known = self.places.get(place);
        if known.is_some_and(|known| known.bytes == section) {
            hint.place = place as u8;
        } else if hint.misses > 1 {
            self.store(place, section, fields.iter().map(|field| from(field, at)));
            if let Some(stored) = self.places.get_mut(place) {
                stored.noted = noted.moved_back(at);
            }
            hint.place = place as u8;
        }
    }

    #[cold]
    fn store(&mut self, place: usize, bytes: &[u8], fields: impl Iterator<Item = Field>) {
        if self.places.is_empty() {
            self.places.resize_with(PLACES, Section::default);
        }
        let Some(section) = self.places.get_mut(place) else {
            return;
        };
        // All the memory that it may ever need, so that what replaces it allocates nothing.
        section.bytes.reserve_exact(SECTION_BYTES_MAX);
        section.fields.reserve_exact(FIELDS_MAX);
        section.bytes.clear();
        section.bytes.extend_from_slice(bytes);
        section.fields.clear();
        section.fields.extend(fields);
    }
}

fn from(field: &Field, at: usize) -> Field {
    Field {
        id: field.id,
        name: field.name.moved_back(at),
        value: field.value.moved_back(at),
    }
}

/// The place of a section, by its length and its last line: sections that share a place push each
/// other out, which costs time and nothing else.
fn place_of(section: &[u8]) -> usize {
    let tail: [u8; 8] = match section {
        [.., a, b, c, d, e, f, g, h, b'\r', b'\n', b'\r', b'\n'] => {
            [*a, *b, *c, *d, *e, *f, *g, *h]
        }
        _ => [0; 8],
    };
    let mixed = u64::from_le_bytes(tail) ^ (section.len() as u64).rotate_left(32);
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 59) as usize
}

impl Span {
    /// The same range of a buffer with `by` more bytes in front.
    #[inline]
    fn moved(self, by: usize) -> Span {
        Span {
            start: self.start.wrapping_add(by as u32),
            len: self.len,
        }
    }

    /// The same range of a buffer without its first `by` bytes.
    fn moved_back(self, by: usize) -> Span {
        Span {
            start: self.start.wrapping_sub(by as u32),
            len: self.len,
        }
    }
}

impl Noted {
    #[inline]
    fn moved(mut self, by: usize) -> Noted {
        for span in self.spans() {
            *span = span.moved(by);
        }
        self
    }

    fn moved_back(mut self, by: usize) -> Noted {
        for span in self.spans() {
            *span = span.moved_back(by);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::h1::{Decoder, Step};
    use crate::{Head, Limits};

    use super::*;

    /// Parses heads on one connection; what each was made of, by a head that remembers and by one
    /// that does not.
    fn agree(heads: &[String]) -> Head {
        let limits = Limits::default();
        let mut head = Head::new();
        let mut decoder = Decoder::new();
        for bytes in heads {
            let (mut fresh, mut fresh_decoder) = (Head::new(), Decoder::new());
            let step = decoder.step(bytes.as_bytes(), &mut head, &limits);
            let expected = fresh_decoder.step(bytes.as_bytes(), &mut fresh, &limits);
            assert_eq!(step, expected, "{bytes}");
            assert_eq!(head.fields, fresh.fields, "{bytes}");
            assert_eq!(head.host, fresh.host, "{bytes}");
            assert_eq!(head.body, fresh.body, "{bytes}");
            assert_eq!(head.keep_alive, fresh.keep_alive, "{bytes}");
            assert_eq!(head.upgrade, fresh.upgrade, "{bytes}");
            assert_eq!(head.expect_continue, fresh.expect_continue, "{bytes}");
        }
        head
    }

    fn get(path: &str, fields: &str) -> String {
        format!("GET {path} HTTP/1.1\r\n{fields}\r\n")
    }

    #[test]
    fn a_repeated_section_is_what_it_was() {
        let fields = "Host: a\r\nUser-Agent: test\r\nX-Own:  padded \t\r\nConnection: close\r\n";
        let heads: Vec<_> = ["/", "/longer/path?q=1", "*", "/x", "http://a/y", "/", "/zz"]
            .iter()
            .map(|path| get(path, fields).replacen("GET *", "OPTIONS *", 1))
            .collect();
        let head = agree(&heads);
        assert_eq!(head.fields.len(), 4);
        assert!(!head.keep_alive);
    }

    #[test]
    fn is_recalled_from_the_third_time_on() {
        let limits = Limits::default();
        let (mut head, mut memo, mut hint) = (Head::new(), Memo::default(), Hint::default());
        let text = get("/", "Host: a\r\nAccept: */*\r\n");
        let at = "GET / HTTP/1.1\r\n".len();
        for time in 1..=4 {
            let mut fields = Vec::new();
            let recalled = memo.recall(&mut hint, text.as_bytes(), at, &mut fields);
            assert_eq!(recalled.is_some(), time > 2, "{time}");
            let step = Decoder::new().step(text.as_bytes(), &mut head, &limits);
            assert!(matches!(step, Step::Head { .. }));
            match recalled {
                Some(recalled) => {
                    assert_eq!(fields, head.fields);
                    assert_eq!(recalled.len, text.len() - at);
                }
                None => {
                    let parsed = (text.as_bytes(), at);
                    memo.remember(&mut hint, parsed, &head.fields, &Noted::default());
                }
            }
        }
    }

    #[test]
    fn whatever_differs_is_parsed_anew() {
        let same = "Host: a\r\nContent-Length: 0\r\n";
        let others = [
            "Host: a\r\nContent-Length: 1\r\n",
            "Host: a\r\nContent-Length: 0\r\nX: y\r\n",
            "Host: a\r\nContent-Length: 0 \r\n",
            "host: a\r\nContent-Length: 0\r\n",
            "Host: b\r\nContent-Length: 0\r\n",
            "Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
            "Host: a\r\nContent-Length: 0\r\n X: folded\r\n",
            "Host: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        ];
        for other in others {
            let mut heads = vec![get("/", same); 4];
            heads.push(get("/", other));
            agree(&heads);
        }
        // The rules that join request line and fields hold for recalled ones too.
        let mut heads = vec![get("/", same); 4];
        heads.push(get("http://b/", same));
        agree(&heads);
        let mut heads = vec![get("/", "Accept: */*\r\n").replace("1.1", "1.0"); 4];
        heads.push(get("/", "Accept: */*\r\n"));
        agree(&heads);
    }

    #[test]
    fn limits_hold_for_what_is_recalled() {
        let text = get("/", "Host: a\r\nA: 1\r\nB: 2\r\n");
        let (mut head, mut decoder) = (Head::new(), Decoder::new());
        for _ in 0..4 {
            let step = decoder.step(text.as_bytes(), &mut head, &Limits::default());
            assert!(matches!(step, Step::Head { .. }));
        }
        let (few, short) = (
            Limits {
                headers: 2,
                ..Limits::default()
            },
            Limits {
                header_bytes: 20,
                ..Limits::default()
            },
        );
        for limits in [few, short] {
            let fresh = Decoder::new().step(text.as_bytes(), &mut Head::new(), &limits);
            assert!(matches!(fresh, Step::Reject(_)));
            let recalled = decoder.clone().step(text.as_bytes(), &mut head, &limits);
            assert_eq!(recalled, fresh);
        }
    }

    #[test]
    fn a_client_that_never_repeats_itself_is_rarely_stored() {
        let (mut memo, mut hint, mut stored) = (Memo::default(), Hint::default(), 0);
        for n in 0..1_000 {
            let text = format!("Host: a\r\nX: {n:04}\r\n\r\n");
            let before = hint.place;
            hint.place = u8::MAX;
            memo.remember(&mut hint, (text.as_bytes(), 0), &[], &Noted::default());
            stored += u32::from(hint.place != u8::MAX);
            if hint.place == u8::MAX {
                hint.place = before;
            }
        }
        assert!((5..20).contains(&stored), "{stored}");
    }

    #[test]
    fn long_sections_are_not_remembered() {
        let mut memo = Memo::default();
        let mut hint = Hint {
            place: 0,
            misses: 1,
        };
        let text = format!("X: {}\r\n\r\n", "a".repeat(SECTION_BYTES_MAX));
        memo.remember(&mut hint, (text.as_bytes(), 0), &[], &Noted::default());
        assert!(memo.places.is_empty());
        hint.misses = 1;
        let fields = [Field::default(); FIELDS_MAX + 1];
        memo.remember(&mut hint, (b"X: a\r\n\r\n", 0), &fields, &Noted::default());
        assert!(memo.places.is_empty());
    }
}
