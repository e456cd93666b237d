//! What became of the bytes, in words that both sides share.

/// One step of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request was accepted.
    Head { method: String, target: String },
    /// The bytes of its body that arrived.
    Body(Vec<u8>),
    /// Its body is complete.
    End,
    /// Refused, with a status; 0: the connection was closed without a word.
    Refused { status: u16, reason: &'static str },
    /// Closed, as the last request asked.
    Closed,
    /// More bytes are due.
    Waiting,
}

impl Event {
    /// Reasons are ours alone.
    fn agrees_with(&self, other: &Event) -> bool {
        match (self, other) {
            (Event::Refused { status, .. }, Event::Refused { status: other, .. }) => {
                status == other
            }
            _ => self == other,
        }
    }
}

/// Where two runs part.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) ours: Event,
    pub(crate) theirs: Event,
}

/// The first event that is not the same. Of two bodies that begin alike, the rest of the longer one
/// meets what came after the shorter one.
pub(crate) fn first_difference(ours: &[Event], theirs: &[Event]) -> Option<Difference> {
    let longest = ours.len().max(theirs.len());
    let at = |events: &[Event], index: usize| {
        let missing = events.last().cloned().unwrap_or(Event::Waiting);
        events.get(index).cloned().unwrap_or(missing)
    };
    let index = (0..longest).find(|&index| !at(ours, index).agrees_with(&at(theirs, index)))?;
    let (mut our, mut their) = (at(ours, index), at(theirs, index));
    if let (Event::Body(a), Event::Body(b)) = (&our, &their) {
        if let Some(rest) = b.strip_prefix(&a[..]) {
            (our, their) = (at(ours, index + 1), Event::Body(rest.to_vec()));
        } else if let Some(rest) = a.strip_prefix(&b[..]) {
            (our, their) = (Event::Body(rest.to_vec()), at(theirs, index + 1));
        }
    }
    Some(Difference {
        ours: our,
        theirs: their,
    })
}

/// Collects events; body bytes become one event.
#[derive(Debug, Default)]
pub(crate) struct Log {
    events: Vec<Event>,
    body: Vec<u8>,
}

impl Log {
    pub(crate) fn head(&mut self, method: &str, target: &str) {
        let (method, target) = (method.to_owned(), target.to_owned());
        self.add(Event::Head { method, target });
    }

    pub(crate) fn data(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
    }

    pub(crate) fn end(&mut self) {
        self.add(Event::End);
    }

    pub(crate) fn add(&mut self, event: Event) {
        if !self.body.is_empty() {
            self.events
                .push(Event::Body(std::mem::take(&mut self.body)));
        }
        self.events.push(event);
    }

    pub(crate) fn has_refused(&self) -> bool {
        matches!(self.events.last(), Some(Event::Refused { .. }))
    }

    pub(crate) fn events(self) -> Vec<Event> {
        self.events
    }

    pub(crate) fn finish(mut self, last: Event) -> Vec<Event> {
        self.add(last);
        self.events
    }
}
