//! From method and path to a route: built once, matched without allocation.
//!
//! JavaScript declares routes, `core` builds a [`RouteTable`] when the server starts and asks it
//! for each request, so that 404, 405 and automatic OPTIONS never wake JavaScript. Parameters come
//! back as spans over the path.
//!
//! A more specific segment wins: static before parameter before wildcard, from left to right. Where
//! the better branch ends without a route for the method, the next one is tried. Every node of the
//! tree is visited at most once per lookup (a node has one parent and one depth, and depth says
//! where in the path it is compared), so the work is bounded by the table, whatever the path.
//!
//! Deliberately not here: decoding (paths arrive decoded, see `h1`), parameter names (JavaScript
//! knows them; only their number and order matter here), host-based routes.

mod pattern;
mod tree;

use crate::chars;
use crate::{Method, Span};
pub use pattern::{RouteError, RouteErrorKind};
use tree::{NO_ROUTE, Tree};

/// One route as declared. Its place in the list is its number.
#[derive(Clone, Copy, Debug)]
pub struct RouteSpec<'a> {
    /// The method in the letters of the wire, or `*` for any.
    pub method: &'a str,
    /// The path pattern, for example `/users/:id`.
    pub pattern: &'a str,
}

/// What a lookup came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'t> {
    /// The route with this number; its parameters have been written.
    Route(u32),
    /// No pattern matches the path.
    NotFound,
    /// Patterns match, but none for the method.
    MethodNotAllowed {
        /// The Allow field's value.
        allow: &'t [u8],
    },
    /// OPTIONS, which no route claims for this path.
    Options {
        /// The Allow field's value.
        allow: &'t [u8],
    },
}

/// The compiled routes; immutable.
#[derive(Clone, Debug)]
pub struct RouteTable {
    tree: Tree,
    /// Per route, how many parameters its pattern has.
    params: Vec<u16>,
    /// Allow values by method set, sorted.
    allows: Vec<(u64, Box<[u8]>)>,
}

impl RouteTable {
    /// Compiles the routes, or says which pattern is wrong and where.
    pub fn build(routes: &[RouteSpec<'_>]) -> Result<RouteTable, RouteError> {
        let mut tree = Tree::new();
        let mut params = Vec::with_capacity(routes.len());
        for (index, spec) in routes.iter().enumerate() {
            if spec.method != "*" && !chars::is_token(spec.method.as_bytes()) {
                return Err(RouteError::new(RouteErrorKind::InvalidMethod, spec, 0));
            }
            let parsed = pattern::parse(spec)?;
            params.push(u16::try_from(parsed.params()).unwrap_or(u16::MAX));
            for segments in parsed.variants() {
                let route = u32::try_from(index).unwrap_or(NO_ROUTE);
                tree.insert(spec, segments, route)
                    .map_err(|fault| fault.into_error(spec, routes))?;
            }
        }
        tree.finish();
        let allows = tree.allows();
        Ok(RouteTable {
            tree,
            params,
            allows,
        })
    }

    /// Looks up a request. `method_name` decides only for [`Method::Other`]. `params` receives one
    /// span over `path` per parameter, in pattern order, `None` for an absent optional one; its
    /// content is unspecified unless a route is found.
    pub fn find(
        &self,
        method: Method,
        method_name: &[u8],
        path: &[u8],
        params: &mut Vec<Option<Span>>,
    ) -> Found<'_> {
        params.clear();
        let found = self.tree.find(method, method_name, path, params);
        if found.route != NO_ROUTE {
            let count = self
                .params
                .get(found.route as usize)
                .copied()
                .unwrap_or_default();
            params.resize(usize::from(count), None);
            return Found::Route(found.route);
        }
        if found.methods == 0 {
            return Found::NotFound;
        }
        let allow = self
            .allow(found.methods)
            .or_else(|| self.allow(found.first_methods));
        let allow = allow.unwrap_or(b"OPTIONS");
        match method {
            Method::Options => Found::Options { allow },
            _ => Found::MethodNotAllowed { allow },
        }
    }

    /// How many parameters the pattern of a route has.
    pub fn param_count(&self, route: u32) -> usize {
        self.params
            .get(route as usize)
            .copied()
            .unwrap_or_default()
            .into()
    }

    /// The Allow value for `OPTIONS *`: every method that some route takes.
    pub fn allow_all(&self) -> &[u8] {
        self.allow(self.tree.all_methods()).unwrap_or(b"OPTIONS")
    }

    /// The values of Allow that a lookup can give, in the order of their numbers.
    pub fn allow_values(&self) -> impl Iterator<Item = &[u8]> {
        self.allows.iter().map(|(_, text)| &**text)
    }

    /// The number of such a value; that of no value where it is none of them.
    pub fn allow_number(&self, allow: &[u8]) -> usize {
        let found = self.allow_values().position(|value| value == allow);
        found.unwrap_or(self.allows.len())
    }

    fn allow(&self, methods: u64) -> Option<&[u8]> {
        let at = self
            .allows
            .binary_search_by_key(&methods, |(set, _)| *set)
            .ok()?;
        self.allows.get(at).map(|(_, text)| &**text)
    }
}
