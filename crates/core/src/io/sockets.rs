//! Receiving and sending for the connections of one thread.
//!
//! Promises one receive and one send system call for a small exchange: a receive that brings less
//! than it asked for has emptied the socket, and everything that is ready leaves in one write.

use std::io::{self, IoSlice};

use super::thread::{Conn, IoThread};
use crate::conn::out::SLICES_MAX;
use crate::context::{Context, Scratch};
use crate::metrics::bump;

/// Most bytes received where a head is expected. The rest of a long body is received straight into
/// chunks, so what comes with its head should not be much more than the head.
const HEAD_BYTES: usize = 16 * 1024;
/// Reads of one connection before the others have their turn.
const READS_PER_TURN: usize = 4;

impl IoThread {
    /// Receives while there is something to receive and the connection has room for it.
    pub(super) fn read(&mut self, token: usize) {
        for _ in 0..READS_PER_TURN {
            let Some(Some(conn)) = self.conns.get_mut(token) else {
                return;
            };
            let budget = if conn.readable {
                conn.http.read_budget(&self.cx)
            } else {
                0
            };
            if budget == 0 {
                return self.note_starved(token);
            }
            let outcome = match conn.http.chunk_budget(&self.cx) {
                Some(length) => read_chunk(conn, &mut self.cx, &mut self.scratch, length),
                None => {
                    let most = if conn.http.in_body() {
                        self.receive.len()
                    } else {
                        HEAD_BYTES
                    };
                    let room = budget.min(most);
                    let into = self.receive.get_mut(..room).unwrap_or_default();
                    read_shared(conn, &mut self.cx, &mut self.scratch, into)
                }
            };
            bump(&self.cx.counters.receives, 1);
            match outcome {
                Ok(Received::Part) => {}
                Ok(Received::All) => return,
                Ok(Received::End) => return conn.http.on_eof(&mut self.cx),
                Err(()) => return conn.http.abort(&mut self.cx),
            }
        }
    }

    pub(super) fn write(&mut self, token: usize) {
        let Some(Some(conn)) = self.conns.get_mut(token) else {
            return;
        };
        while conn.writable {
            let Some(out) = conn.http.output() else { break };
            let sent = match out.only_slice() {
                Some(bytes) => conn.stream.write(bytes),
                None => {
                    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
                    let count = out.slices(&mut slices);
                    conn.stream
                        .write_vectored(slices.get(..count).unwrap_or_default())
                }
            };
            bump(&self.cx.counters.sends, 1);
            match sent {
                Ok(n) => {
                    bump(&self.cx.counters.bytes_out, n as u64);
                    conn.http.on_sent(&mut self.cx, n);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => conn.writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return conn.http.abort(&mut self.cx),
            }
        }
        conn.http.after_output(&mut self.cx);
    }
}

/// Whether an event tells of a reset. On Windows that is an end of both directions, which other
/// systems also tell when both sides have ended in order.
pub(super) fn is_reset(event: &mio::event::Event) -> bool {
    event.is_error() || (cfg!(windows) && event.is_write_closed())
}

/// What a receive call brought.
enum Received {
    /// Bytes, and there may be more.
    Part,
    /// Bytes or none, and nothing more for now.
    All,
    /// The peer's end.
    End,
}

fn read_shared(
    conn: &mut Conn,
    cx: &mut Context,
    scratch: &mut Scratch,
    into: &mut [u8],
) -> Result<Received, ()> {
    let received = conn.stream.read(into);
    let outcome = classify(conn, cx, &received, into.len())?;
    if let Ok(n) = received
        && n > 0
    {
        conn.http
            .on_bytes(cx, scratch, into.get(..n).unwrap_or_default());
    }
    Ok(outcome)
}

fn read_chunk(
    conn: &mut Conn,
    cx: &mut Context,
    scratch: &mut Scratch,
    length: usize,
) -> Result<Received, ()> {
    let mut chunk = cx.pool.chunk();
    let room = length.min(chunk.capacity());
    let received = conn
        .stream
        .read(chunk.memory().get_mut(..room).unwrap_or_default());
    let outcome = classify(conn, cx, &received, room);
    match received {
        Ok(n) if n > 0 => {
            chunk.set_len(n);
            conn.http.on_chunk(cx, scratch, chunk);
        }
        _ => cx.pool.give_chunk(chunk),
    }
    outcome
}

fn classify(
    conn: &mut Conn,
    cx: &Context,
    received: &io::Result<usize>,
    room: usize,
) -> Result<Received, ()> {
    match received {
        Ok(0) => {
            conn.readable = false;
            Ok(Received::End)
        }
        Ok(n) => {
            bump(&cx.counters.bytes_in, *n as u64);
            // Less than asked for empties the socket, so the next event will tell; the poller of
            // Windows re-arms only when a call would have blocked.
            if *n < room && !cfg!(windows) && !conn.read_closed {
                conn.readable = false;
                return Ok(Received::All);
            }
            Ok(Received::Part)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            conn.readable = false;
            Ok(Received::All)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Received::Part),
        Err(_) => Err(()),
    }
}
