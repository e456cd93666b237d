//! A range of bytes, kept apart from the bytes.
//!
//! Heads, fields and route parameters are spans over a buffer that somebody else owns, so that
//! parsing copies nothing. A span may meet the wrong buffer by a caller's mistake; it then reads as
//! empty and never panics.

/// `len` bytes from `start`, relative to a buffer that the context names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`. Both fit in 32 bits: the decoder looks at
    /// no more of its input than that, and limits keep heads far below.
    #[inline]
    pub fn between(start: usize, end: usize) -> Span {
        debug_assert!(u32::try_from(start.max(end)).is_ok());
        Span {
            start: start as u32,
            len: end.saturating_sub(start) as u32,
        }
    }

    /// The bytes of this span, empty when it does not lie within `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        let start = self.start as usize;
        bytes
            .get(start..start.saturating_add(self.len as usize))
            .unwrap_or_default()
    }

    /// Offset just past the last byte.
    pub fn end(self) -> usize {
        self.start as usize + self.len as usize
    }

    /// Whether the span has no bytes.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_within_and_is_empty_outside() {
        let bytes = b"hello";
        assert_eq!(Span::between(1, 3).of(bytes), b"el");
        assert_eq!(Span::between(0, 5).of(bytes), b"hello");
        assert_eq!(Span::between(4, 9).of(bytes), b"");
        assert_eq!(
            Span {
                start: u32::MAX,
                len: u32::MAX
            }
            .of(bytes),
            b""
        );
        assert_eq!(Span::between(3, 1), Span { start: 3, len: 0 });
    }
}
