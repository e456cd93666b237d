//! Bytes on their way to the peer: small ones collected in one buffer, large ones kept whole.
//!
//! Filled by the connection as it encodes, emptied by the I/O thread with vectored writes.
//! Promises that order is kept and that a large body is never copied again. How much may be
//! waiting is decided by the credits of the exchange, not here.

use std::collections::VecDeque;
use std::io::IoSlice;

use lanner_bridge::Chunk;

use crate::pool::Pool;

/// Most slices that one vectored write takes.
pub const SLICES_MAX: usize = 16;

/// A buffer of small bytes that is longer takes no more: what was sent of it is only given back
/// with the whole, and a stream that is never quite sent must not grow.
const SMALL_MAX: usize = 16 * 1024;

#[derive(Debug)]
enum Piece {
    Small(Vec<u8>),
    Large(Chunk),
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large(chunk) => chunk.as_slice(),
        }
    }
}

/// A queue of bytes to send.
#[derive(Debug, Default)]
pub struct Out {
    pieces: VecDeque<Piece>,
    /// Bytes of the first piece that were sent.
    sent: usize,
    /// Bytes that were not sent yet.
    len: usize,
}

impl Out {
    /// Bytes that were not sent yet.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether everything was sent.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Lets `write` append to the buffer of small bytes and counts what it appended.
    pub fn append<R>(&mut self, pool: &mut Pool, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        if !matches!(self.pieces.back(), Some(Piece::Small(bytes)) if bytes.len() < SMALL_MAX) {
            self.pieces.push_back(Piece::Small(pool.small()));
        }
        let Some(Piece::Small(bytes)) = self.pieces.back_mut() else {
            // The line above made the last piece a small one; a fresh buffer keeps the
            // function total without a panic.
            return write(&mut Vec::new());
        };
        let before = bytes.len();
        let result = write(bytes);
        self.len += bytes.len().saturating_sub(before);
        result
    }

    /// Appends a whole chunk without copying it.
    pub fn push(&mut self, chunk: Chunk) {
        self.len += chunk.as_slice().len();
        self.pieces.push_back(Piece::Large(chunk));
    }

    /// Moves everything of `other` behind what is here.
    pub fn adopt(&mut self, pool: &mut Pool, mut other: Self) {
        self.len += other.len;
        other.len = 0;
        for piece in other.pieces.drain(..) {
            match (self.pieces.back_mut(), piece) {
                (Some(Piece::Small(into)), Piece::Small(from)) if into.len() < SMALL_MAX => {
                    into.extend_from_slice(&from);
                    pool.give_small(from);
                }
                (_, piece) => self.pieces.push_back(piece),
            }
        }
    }

    /// The single slice that is waiting, when there is just one.
    pub fn only_slice(&self) -> Option<&[u8]> {
        match (self.pieces.front(), self.pieces.len()) {
            (Some(piece), 1) => piece.bytes().get(self.sent..),
            _ => None,
        }
    }

    /// The first slices that are waiting; returns how many of `slices` were filled.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES_MAX]) -> usize {
        let mut skip = self.sent;
        let mut count = 0;
        for (piece, slice) in self.pieces.iter().zip(slices.iter_mut()) {
            *slice = IoSlice::new(piece.bytes().get(skip..).unwrap_or_default());
            skip = 0;
            count += 1;
        }
        count
    }

    /// Forgets `n` bytes from the front: they were sent.
    pub fn advance(&mut self, pool: &mut Pool, n: usize) {
        self.len = self.len.saturating_sub(n);
        let mut left = n + self.sent;
        while let Some(piece) = self.pieces.front() {
            let len = piece.bytes().len();
            if left < len {
                break;
            }
            left -= len;
            match self.pieces.pop_front() {
                Some(Piece::Small(bytes)) => pool.give_small(bytes),
                Some(Piece::Large(chunk)) => pool.give_chunk(chunk),
                None => break,
            }
        }
        self.sent = left;
    }

    /// Gives every buffer back; nothing will be sent.
    pub fn clear(&mut self, pool: &mut Pool) {
        self.len = 0;
        self.sent = 0;
        for piece in self.pieces.drain(..) {
            match piece {
                Piece::Small(bytes) => pool.give_small(bytes),
                Piece::Large(chunk) => pool.give_chunk(chunk),
            }
        }
    }
}
