//! Room for bodies again: connections that waited for it go on.
//!
//! No event names a connection whose socket is readable and that was not read for want of memory or
//! chunks, so the I/O thread keeps a list of them. Called at the end of each turn.

use super::thread::IoThread;

impl IoThread {
    /// Shows what this thread holds, and lets those go on for whom there is room again.
    pub(super) fn relieve(&mut self) {
        self.cx.memory.publish(&self.cx.counters);
        if self.cx.memory.take_relief() {
            self.mark_starved();
        }
    }

    /// Lets the connections that wait for room have a turn.
    pub(super) fn mark_starved(&mut self) {
        for token in std::mem::take(&mut self.starved) {
            if let Some(Some(conn)) = self.conns.get_mut(token) {
                conn.starved = false;
            }
            self.mark(token);
        }
    }
}
