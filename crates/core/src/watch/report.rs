//! A stall in words: the line on standard error, and what JavaScript is told.
//!
//! Made by the watchdog. Promises one line, whatever the names in it are: control characters of
//! file and function names are replaced.

use std::fmt::Write;

/// One stall.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stall {
    /// How long it has lasted, or lasted in all, in milliseconds.
    pub ms: u64,
    /// Method and pattern of the request whose handler blocked.
    pub route: Option<String>,
    /// The age of that request, in milliseconds.
    pub age_ms: Option<u64>,
    /// The stack, innermost frame first; empty where it is not known.
    pub frames: Vec<String>,
    /// Stalls before this one that were not told.
    pub untold: u64,
}

impl Stall {
    /// The line for the log, without its end, while the stall lasts.
    pub fn line(&self) -> String {
        let mut out = format!("lanner: the event loop has been blocked for {} ms", self.ms);
        // Writing to a string cannot fail.
        let _ = self.details(&mut out);
        out.chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect()
    }

    fn details(&self, out: &mut String) -> std::fmt::Result {
        if let Some(route) = &self.route {
            write!(out, " by {route}")?;
        }
        if let Some(ms) = self.age_ms {
            write!(out, " (request age {ms} ms)")?;
        }
        match self.place() {
            Some(place) => write!(out, " at {place}")?,
            None => out.push_str(" (no stack: inside a native call, or not available here)"),
        }
        match self.untold {
            0 => Ok(()),
            1 => write!(out, "; one earlier stall was not reported"),
            n => write!(out, "; {n} earlier stalls were not reported"),
        }
    }

    /// The innermost frame that is not the runtime's own, or else the innermost.
    fn place(&self) -> Option<&String> {
        let own = self.frames.iter().find(|frame| !is_internal(frame));
        own.or(self.frames.first())
    }
}

fn is_internal(frame: &str) -> bool {
    frame.starts_with("node:") || frame.contains("(node:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stall() -> Stall {
        Stall {
            ms: 1_003,
            route: Some("GET /users/:id".into()),
            age_ms: Some(1_200),
            frames: vec![
                "spawnSync (node:internal/child_process:1:2)".into(),
                "work (file:///app/work.js:10:3)".into(),
            ],
            untold: 0,
        }
    }

    #[test]
    fn a_line_says_how_long_who_and_where() {
        assert_eq!(
            stall().line(),
            "lanner: the event loop has been blocked for 1003 ms by GET /users/:id \
             (request age 1200 ms) at work (file:///app/work.js:10:3)"
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let stall = Stall {
            route: None,
            age_ms: None,
            frames: Vec::new(),
            untold: 2,
            ..stall()
        };
        assert_eq!(
            stall.line(),
            "lanner: the event loop has been blocked for 1003 ms (no stack: inside a native call, \
             or not available here); 2 earlier stalls were not reported"
        );
    }

    #[test]
    fn names_cannot_begin_a_line_of_their_own() {
        let frames = vec!["a\nb\u{1b}[31m (x.js:1:1)".into()];
        let line = Stall { frames, ..stall() }.line();
        assert!(line.ends_with("at a?b?[31m (x.js:1:1)"), "{line}");
    }
}
