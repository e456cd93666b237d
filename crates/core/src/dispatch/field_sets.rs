//! Sets of reply fields that isolates made known, so that a record need only name one.
//!
//! An isolate adds a set before its first record that names it; each I/O thread looks it up when
//! that record comes and keeps it. Promises that a set is checked and encoded once, that its
//! number never means another one, and that what is kept is bounded: sets that find no room, or
//! have fields that the encoder must see, travel inside the records as any other field does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanner_proto::h1::{FieldIter, FieldLines};

/// Most sets of a server. Programs have a handful; one that makes up new ones must not fill the
/// memory.
const SETS_MAX: usize = 256;
/// Most bytes of names and values in one set.
const SET_BYTES_MAX: usize = 8 * 1024;

/// The sets of a server.
#[derive(Debug, Default)]
pub struct FieldSets {
    sets: Mutex<Vec<FieldSet>>,
}

#[derive(Debug)]
struct FieldSet {
    lengths: Box<[u8]>,
    bytes: Box<[u8]>,
    lines: Arc<FieldLines>,
}

impl FieldSets {
    /// The number of a set, from 1 on, which is given in the form that it has in a record. None
    /// when it has to travel there.
    pub fn number(&self, lengths: &[u8], bytes: &[u8]) -> Option<u32> {
        let mut sets = self.lock();
        let known = |set: &FieldSet| *set.lengths == *lengths && *set.bytes == *bytes;
        if let Some(place) = sets.iter().position(known) {
            return Some(place as u32 + 1);
        }
        if sets.len() >= SETS_MAX || bytes.len() > SET_BYTES_MAX {
            return None;
        }
        let lines = Arc::new(FieldLines::encode(FieldIter::packed(lengths, bytes)).ok()?);
        sets.push(FieldSet {
            lengths: lengths.into(),
            bytes: bytes.into(),
            lines,
        });
        Some(sets.len() as u32)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FieldSet>> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sets as one I/O thread knows them.
#[derive(Debug, Default)]
pub struct KnownSets {
    all: Arc<FieldSets>,
    known: Vec<Arc<FieldLines>>,
}

impl KnownSets {
    /// Those of a server.
    pub fn of(all: Arc<FieldSets>) -> Self {
        Self {
            all,
            known: Vec::new(),
        }
    }

    /// Whether there is a set of this number; 0 is none.
    pub fn knows(&mut self, number: u32) -> bool {
        let place = number as usize;
        if place > self.known.len() {
            let sets = self.all.lock();
            let new = sets.iter().skip(self.known.len());
            self.known.extend(new.map(|set| Arc::clone(&set.lines)));
        }
        (1..=self.known.len()).contains(&place)
    }

    /// The set of a number that is known.
    pub fn get(&self, number: u32) -> Option<&FieldLines> {
        let place = (number as usize).checked_sub(1)?;
        self.known.get(place).map(|lines| &**lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One field in the form of a record.
    fn packed(name: &str, value: &str) -> ([u8; 4], String) {
        let word = name.len() as u32 | (value.len() as u32) << 16;
        (word.to_le_bytes(), format!("{name}{value}"))
    }

    fn add(sets: &FieldSets, name: &str, value: &str) -> Option<u32> {
        let (lengths, bytes) = packed(name, value);
        sets.number(&lengths, bytes.as_bytes())
    }

    #[test]
    fn a_set_has_one_number_whoever_adds_it() {
        let sets = Arc::new(FieldSets::default());
        assert_eq!(add(&sets, "x-a", "1"), Some(1));
        assert_eq!(add(&sets, "x-a", "2"), Some(2));
        assert_eq!(add(&sets, "x-a", "1"), Some(1));
        assert_eq!(add(&sets, "x-a1", ""), Some(3), "cut at another place");
        let mut known = KnownSets::of(Arc::clone(&sets));
        assert!(known.knows(2));
        assert_eq!(known.get(2).expect("known").as_bytes(), b"x-a: 2\r\n");
        assert_eq!(add(&sets, "x-b", "1"), Some(4));
        assert_eq!(known.get(4), None, "nobody has asked");
        assert!(known.knows(4));
        assert_eq!(known.get(4).expect("known").as_bytes(), b"x-b: 1\r\n");
    }

    #[test]
    fn numbers_that_nobody_gave_are_not_known() {
        let sets = Arc::new(FieldSets::default());
        add(&sets, "x-a", "1");
        let mut known = KnownSets::of(sets);
        for number in [0, 2, u32::MAX] {
            assert!(!known.knows(number), "{number}");
            assert_eq!(known.get(number), None, "{number}");
        }
    }

    #[test]
    fn what_cannot_be_kept_has_no_number() {
        let sets = FieldSets::default();
        let most = SET_BYTES_MAX - "x-long".len();
        let [longest, long] = [0, 1].map(|more: usize| "v".repeat(most + more));
        for (name, value) in [
            ("content-length", "1"),
            ("Server", "x"),
            ("x a", ""),
            ("x-a", "\r\nx-b: 1"),
            ("x-long", &*long),
        ] {
            assert_eq!(add(&sets, name, value), None, "{name}");
        }
        assert_eq!(
            add(&sets, "x-long", &longest),
            Some(1),
            "no longer than that"
        );
        for number in 2..=SETS_MAX {
            let value = number.to_string();
            assert_eq!(add(&sets, "x-a", &value), Some(number as u32));
        }
        assert_eq!(add(&sets, "x-a", "more"), None);
        assert_eq!(add(&sets, "x-a", "7"), Some(7), "this one is there");
    }
}
