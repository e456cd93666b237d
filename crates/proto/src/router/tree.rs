//! The tree behind the route table: one node per distinct prefix of segments.
//!
//! Segments rather than bytes, because a pattern's parameters are whole segments: a node compares
//! one segment, and backtracking goes from segment to segment. Paths of routes without parameters
//! are also kept whole in a hash table, since such a route is always the best match there can be.

use super::RouteSpec;
use super::pattern::{RouteError, RouteErrorKind, Segment};
use crate::{Method, Span};

/// Stands for the absence of a route.
pub(super) const NO_ROUTE: u32 = u32::MAX;
const NO_NODE: u32 = u32::MAX;
/// Method sets are 64 bits: the known methods have theirs by number, others follow.
const FIRST_CUSTOM_BIT: u32 = 10;
/// How many unions of method sets get a prepared Allow value.
const ALLOWS_MAX: usize = 1024;

#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    terminals: Vec<Terminal>,
    /// Paths of routes without parameters: open addressing, power of two, index + 1 or 0.
    exact: Vec<u32>,
    exact_paths: Vec<(Box<[u8]>, u32)>,
    custom_methods: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
struct Node {
    /// Children by literal segment, sorted by length and bytes.
    statics: Vec<(Box<[u8]>, u32)>,
    /// The child for any segment that is not empty.
    param: u32,
    /// The terminal of a wildcard here.
    wildcard: u32,
    /// The terminal of a path that ends here.
    terminal: u32,
}

/// The routes of one shape, by method.
#[derive(Clone, Debug)]
struct Terminal {
    by_method: [u32; 10],
    by_name: Vec<(Box<[u8]>, u32)>,
    any: u32,
    methods: u64,
}

/// What a lookup found: a route, or the methods of the shapes that matched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup {
    pub(super) route: u32,
    pub(super) methods: u64,
    pub(super) first_methods: u64,
}

/// Why a route could not be inserted.
pub(super) enum Fault {
    Duplicate(u32),
    TooManyMethods,
}

impl Fault {
    pub(super) fn into_error(self, spec: &RouteSpec<'_>, routes: &[RouteSpec<'_>]) -> RouteError {
        match self {
            Fault::TooManyMethods => RouteError::new(RouteErrorKind::TooManyMethods, spec, 0),
            Fault::Duplicate(route) => {
                let mut error = RouteError::new(RouteErrorKind::DuplicateRoute, spec, 0);
                let other = routes.get(route as usize);
                error.other =
                    other.map(|other| (other.method.to_owned(), other.pattern.to_owned()));
                error
            }
        }
    }
}

impl Tree {
    pub(super) fn new() -> Tree {
        Tree {
            nodes: vec![Node::new()],
            ..Tree::default()
        }
    }

    /// Adds a route; its number must be larger than those before it.
    pub(super) fn insert(
        &mut self,
        spec: &RouteSpec<'_>,
        segments: &[Segment<'_>],
        route: u32,
    ) -> Result<(), Fault> {
        let bit = self.method_bit(spec.method)?;
        let mut node = 0;
        let mut terminal = NO_NODE;
        for segment in segments {
            match segment {
                Segment::Static(text) => node = self.static_child(node, text.as_bytes()),
                Segment::Param(_) => node = self.param_child(node),
                Segment::Wildcard(_) => terminal = self.terminal_of(node, true),
            }
        }
        if terminal == NO_NODE {
            terminal = self.terminal_of(node, false);
        }
        if segments
            .iter()
            .all(|segment| matches!(segment, Segment::Static(_)))
        {
            self.add_exact(segments, terminal);
        }
        match self.terminals.get_mut(terminal as usize) {
            Some(terminal) => terminal.add(spec.method, bit, route),
            None => Ok(()),
        }
    }

    /// Sorts and hashes once all routes are in.
    pub(super) fn finish(&mut self) {
        for node in &mut self.nodes {
            node.statics
                .sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        }
        let size = (self.exact_paths.len() * 2).next_power_of_two().max(8);
        self.exact = vec![0; size];
        for (index, (path, _)) in (1u32..).zip(&self.exact_paths) {
            let mut slot = hash(path) as usize;
            while self.exact[slot & (size - 1)] != 0 {
                slot += 1;
            }
            self.exact[slot & (size - 1)] = index;
        }
    }

    pub(super) fn find(
        &self,
        method: Method,
        name: &[u8],
        path: &[u8],
        params: &mut Vec<Option<Span>>,
    ) -> Lookup {
        let mut search = Search {
            tree: self,
            method,
            name,
            path,
            params,
            methods: 0,
            first_methods: 0,
        };
        let route = match path {
            [b'/', ..] => search
                .exact()
                .or_else(|| search.node(0, 1))
                .unwrap_or(NO_ROUTE),
            _ => NO_ROUTE,
        };
        Lookup {
            route,
            methods: search.methods,
            first_methods: search.first_methods,
        }
    }

    /// The methods of all routes.
    pub(super) fn all_methods(&self) -> u64 {
        self.terminals
            .iter()
            .fold(0, |all, terminal| all | terminal.methods)
    }

    /// The Allow values of every method set that a lookup can end with, sorted by set: those of the
    /// shapes and, because several shapes can match one path, their unions.
    pub(super) fn allows(&self) -> Vec<(u64, Box<[u8]>)> {
        let mut own: Vec<u64> = self
            .terminals
            .iter()
            .map(|terminal| terminal.methods)
            .collect();
        own.sort_unstable();
        own.dedup();
        let mut sets = own.clone();
        sets.push(self.all_methods());
        let mut next = 0;
        while let Some(&set) = sets.get(next) {
            for one in &own {
                if sets.len() < ALLOWS_MAX && !sets.contains(&(set | one)) {
                    sets.push(set | one);
                }
            }
            next += 1;
        }
        sets.sort_unstable();
        sets.dedup();
        sets.into_iter()
            .map(|set| (set, self.allow_text(set).into_boxed_slice()))
            .collect()
    }

    /// `GET, HEAD, OPTIONS`: HEAD where there is GET, OPTIONS always.
    fn allow_text(&self, mut set: u64) -> Vec<u8> {
        if set & 1 << Method::Get as u32 != 0 {
            set |= 1 << Method::Head as u32;
        }
        set |= 1 << Method::Options as u32;
        let known = Method::KNOWN.map(|method| (method as u32, method.as_str()));
        let custom = (FIRST_CUSTOM_BIT..).zip(self.custom_methods.iter().map(|name| &**name));
        let mut text = Vec::new();
        for (bit, name) in known.into_iter().chain(custom) {
            if set & 1 << bit != 0 {
                if !text.is_empty() {
                    text.extend_from_slice(b", ");
                }
                text.extend_from_slice(name.as_bytes());
            }
        }
        text
    }

    /// The bit of a method in sets, 0 for any.
    fn method_bit(&mut self, name: &str) -> Result<u64, Fault> {
        if name == "*" {
            return Ok(0);
        }
        match Method::from_bytes(name.as_bytes()) {
            Method::Other => {}
            known => return Ok(1 << known as u32),
        }
        let at = match self
            .custom_methods
            .iter()
            .position(|custom| **custom == *name)
        {
            Some(at) => at,
            None => {
                self.custom_methods.push(name.into());
                self.custom_methods.len() - 1
            }
        };
        let bit = FIRST_CUSTOM_BIT + u32::try_from(at).unwrap_or(u32::MAX / 2);
        1u64.checked_shl(bit).ok_or(Fault::TooManyMethods)
    }

    fn static_child(&mut self, node: u32, text: &[u8]) -> u32 {
        let known = self.nodes[node as usize]
            .statics
            .iter()
            .find(|(segment, _)| **segment == *text);
        if let Some(&(_, child)) = known {
            return child;
        }
        let child = self.push_node();
        self.nodes[node as usize].statics.push((text.into(), child));
        child
    }

    fn param_child(&mut self, node: u32) -> u32 {
        if self.nodes[node as usize].param == NO_NODE {
            let child = self.push_node();
            self.nodes[node as usize].param = child;
        }
        self.nodes[node as usize].param
    }

    fn push_node(&mut self) -> u32 {
        self.nodes.push(Node::new());
        (self.nodes.len() - 1) as u32
    }

    fn terminal_of(&mut self, node: u32, wildcard: bool) -> u32 {
        let next = self.terminals.len() as u32;
        let node = &mut self.nodes[node as usize];
        let slot = if wildcard {
            &mut node.wildcard
        } else {
            &mut node.terminal
        };
        if *slot == NO_NODE {
            *slot = next;
            self.terminals.push(Terminal::new());
        }
        *slot
    }

    fn add_exact(&mut self, segments: &[Segment<'_>], terminal: u32) {
        let mut path = Vec::new();
        for segment in segments {
            if let Segment::Static(text) = segment {
                path.push(b'/');
                path.extend_from_slice(text.as_bytes());
            }
        }
        if !self.exact_paths.iter().any(|(known, _)| **known == *path) {
            self.exact_paths.push((path.into(), terminal));
        }
    }
}

impl Node {
    fn new() -> Node {
        Node {
            statics: Vec::new(),
            param: NO_NODE,
            wildcard: NO_NODE,
            terminal: NO_NODE,
        }
    }

    fn child(&self, segment: &[u8]) -> Option<u32> {
        let by_segment =
            |(text, _): &(Box<[u8]>, u32)| (text.len(), &**text).cmp(&(segment.len(), segment));
        let at = self.statics.binary_search_by(by_segment).ok()?;
        self.statics.get(at).map(|&(_, child)| child)
    }
}

impl Terminal {
    fn new() -> Terminal {
        Terminal {
            by_method: [NO_ROUTE; 10],
            by_name: Vec::new(),
            any: NO_ROUTE,
            methods: 0,
        }
    }

    fn add(&mut self, method: &str, bit: u64, route: u32) -> Result<(), Fault> {
        self.methods |= bit;
        let slot = match Method::from_bytes(method.as_bytes()) {
            _ if method == "*" => &mut self.any,
            Method::Other => {
                let name = method.as_bytes();
                if let Some((_, other)) = self.by_name.iter().find(|(known, _)| **known == *name) {
                    return Err(Fault::Duplicate(*other));
                }
                self.by_name.push((name.into(), route));
                return Ok(());
            }
            known => &mut self.by_method[known as usize],
        };
        if *slot != NO_ROUTE {
            return Err(Fault::Duplicate(*slot));
        }
        *slot = route;
        Ok(())
    }

    /// The route for a method: its own, GET's for HEAD, or the one for any.
    fn route(&self, method: Method, name: &[u8]) -> u32 {
        let own = match method {
            Method::Other => {
                let mut names = self.by_name.iter();
                names
                    .find(|(known, _)| **known == *name)
                    .map_or(NO_ROUTE, |&(_, route)| route)
            }
            Method::Head if self.by_method[Method::Head as usize] == NO_ROUTE => {
                self.by_method[Method::Get as usize]
            }
            known => self.by_method[known as usize],
        };
        if own == NO_ROUTE { self.any } else { own }
    }
}

/// One lookup on its way through the tree.
struct Search<'a> {
    tree: &'a Tree,
    method: Method,
    name: &'a [u8],
    path: &'a [u8],
    params: &'a mut Vec<Option<Span>>,
    methods: u64,
    first_methods: u64,
}

impl Search<'_> {
    /// The route without parameters for the whole path.
    fn exact(&mut self) -> Option<u32> {
        let mask = self.tree.exact.len().wrapping_sub(1);
        let mut slot = hash(self.path) as usize;
        loop {
            let index = self.tree.exact.get(slot & mask)?.checked_sub(1)?;
            let (path, terminal) = self.tree.exact_paths.get(index as usize)?;
            if **path == *self.path {
                // A miss here is noted again by the walk through the tree.
                let route = self
                    .tree
                    .terminals
                    .get(*terminal as usize)?
                    .route(self.method, self.name);
                return (route != NO_ROUTE).then_some(route);
            }
            slot += 1;
        }
    }

    /// The route below `node`, whose next segment begins at `at`; past the end of the path there is
    /// no next segment.
    fn node(&mut self, node: u32, at: usize) -> Option<u32> {
        let node = self.tree.nodes.get(node as usize)?;
        let Some(rest) = self.path.get(at..) else {
            return self.terminal(node.terminal);
        };
        let len = memchr::memchr(b'/', rest).unwrap_or(rest.len());
        let segment = rest.get(..len).unwrap_or_default();
        let next = at + len + 1;
        if let Some(route) = node.child(segment).and_then(|child| self.node(child, next)) {
            return Some(route);
        }
        let depth = self.params.len();
        if node.param != NO_NODE && !segment.is_empty() {
            self.params.push(Some(Span::between(at, at + len)));
            if let Some(route) = self.node(node.param, next) {
                return Some(route);
            }
            self.params.truncate(depth);
        }
        if node.wildcard != NO_NODE {
            self.params.push(Some(Span::between(at, self.path.len())));
            if let Some(route) = self.terminal(node.wildcard) {
                return Some(route);
            }
            self.params.truncate(depth);
        }
        None
    }

    fn terminal(&mut self, terminal: u32) -> Option<u32> {
        let terminal = self.tree.terminals.get(terminal as usize)?;
        let route = terminal.route(self.method, self.name);
        if route != NO_ROUTE {
            return Some(route);
        }
        if self.methods == 0 {
            self.first_methods = terminal.methods;
        }
        self.methods |= terminal.methods;
        None
    }
}

/// Spreads paths over the table of exact ones. The table is fixed before any path comes, and a path
/// only ever reads it, so the hash need not resist an adversary.
fn hash(path: &[u8]) -> u32 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut words = path.chunks_exact(8);
    let mut sum = path.len() as u64;
    for word in &mut words {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        sum = (sum.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
    for &byte in words.remainder() {
        sum = (sum.rotate_left(5) ^ u64::from(byte)).wrapping_mul(MULTIPLIER);
    }
    (sum >> 32) as u32
}
