//! The grammar of path patterns, and what is wrong with one that breaks it.
//!
//! ```text
//! pattern  = 1*( "/" segment )
//! segment  = literal / ":" name [ "?" ] / "*" name      "?" and "*" in the last segment only
//! name     = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" )
//! ```
//!
//! `:name` matches one segment that is not empty. `:name?` also matches the path without it: the
//! pattern stands for two. `*name` matches the rest of the path after its slash, which may be
//! empty. Literals are compared with decoded paths, so they are written decoded.
//!
//! Called by [`super::RouteTable::build`] only, so this file may allocate.

use super::RouteSpec;
use crate::chars;

/// Segments of one pattern; more have no honest use, and it bounds the depth of a lookup.
const SEGMENTS_MAX: usize = 64;

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    Static(&'a str),
    Param(&'a str),
    Wildcard(&'a str),
}

/// A pattern that follows the grammar.
#[derive(Clone, Debug)]
pub(super) struct Parsed<'a> {
    segments: Vec<Segment<'a>>,
    optional: bool,
}

impl<'a> Parsed<'a> {
    /// How many parameters it has, the wildcard included.
    pub(super) fn params(&self) -> usize {
        self.segments
            .iter()
            .filter(|segment| !matches!(segment, Segment::Static(_)))
            .count()
    }

    /// The one or two lists of segments it stands for.
    pub(super) fn variants(&self) -> impl Iterator<Item = &[Segment<'a>]> {
        const ROOT: &[Segment<'static>] = &[Segment::Static("")];
        let short = match self.segments.split_last() {
            Some((_, [])) => ROOT,
            Some((_, rest)) => rest,
            None => ROOT,
        };
        [
            Some(self.segments.as_slice()),
            self.optional.then_some(short),
        ]
        .into_iter()
        .flatten()
    }
}

/// Reads a pattern.
pub(super) fn parse<'a>(spec: &RouteSpec<'a>) -> Result<Parsed<'a>, RouteError> {
    let fail = |kind, at| Err(RouteError::new(kind, spec, at));
    let Some(text) = spec.pattern.strip_prefix('/') else {
        return fail(RouteErrorKind::NoLeadingSlash, 0);
    };
    let mut parsed = Parsed {
        segments: Vec::new(),
        optional: false,
    };
    let mut names: Vec<&str> = Vec::new();
    let mut at = 1;
    let last = text.split('/').count() - 1;
    for (index, part) in text.split('/').enumerate() {
        if index >= SEGMENTS_MAX {
            return fail(RouteErrorKind::TooManySegments, at);
        }
        let name = match part.as_bytes() {
            [b':', ..] => part
                .strip_prefix(':')
                .map(|name| (name.strip_suffix('?'), name)),
            [b'*', ..] => part.strip_prefix('*').map(|name| (None, name)),
            _ => None,
        };
        let Some((optional, name)) = name else {
            literal(spec, part, at)?;
            parsed.segments.push(Segment::Static(part));
            at += part.len() + 1;
            continue;
        };
        let name = optional.unwrap_or(name);
        check_name(spec, name, at + 1)?;
        if names.contains(&name) {
            return fail(RouteErrorKind::DuplicateParam, at + 1);
        }
        names.push(name);
        if optional.is_some() && index != last {
            return fail(RouteErrorKind::OptionalNotLast, at + part.len() - 1);
        }
        let wildcard = part.starts_with('*');
        if wildcard && index != last {
            return fail(RouteErrorKind::WildcardNotLast, at);
        }
        parsed.optional = optional.is_some();
        parsed.segments.push(if wildcard {
            Segment::Wildcard(name)
        } else {
            Segment::Param(name)
        });
        at += part.len() + 1;
    }
    Ok(parsed)
}

fn check_name(spec: &RouteSpec<'_>, name: &str, at: usize) -> Result<(), RouteError> {
    if name.is_empty() {
        return Err(RouteError::new(RouteErrorKind::EmptyParamName, spec, at));
    }
    let bad = name.bytes().enumerate().find(|&(index, byte)| {
        !(byte == b'_' || byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit()))
    });
    match bad {
        Some((index, _)) => Err(RouteError::new(
            RouteErrorKind::InvalidParamName,
            spec,
            at + index,
        )),
        None => Ok(()),
    }
}

fn literal(spec: &RouteSpec<'_>, part: &str, at: usize) -> Result<(), RouteError> {
    if part == "." || part == ".." {
        return Err(RouteError::new(RouteErrorKind::DotSegment, spec, at));
    }
    let bytes = part.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let kind = match byte {
            b':' | b'*' => RouteErrorKind::MixedSegment,
            b'?' | b'#' | 0..=0x1F | 0x7F => RouteErrorKind::InvalidCharacter,
            b'%' => match bytes.get(index + 1..index + 3) {
                Some([b'2', b'F' | b'f']) => continue,
                Some([a, b]) if chars::is(*a, chars::HEX) && chars::is(*b, chars::HEX) => {
                    RouteErrorKind::PercentEscape
                }
                _ => continue,
            },
            _ => continue,
        };
        return Err(RouteError::new(kind, spec, at + index));
    }
    Ok(())
}

/// What is wrong with a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteErrorKind {
    /// The pattern does not begin with a slash.
    NoLeadingSlash,
    /// A parameter or wildcard without a name.
    EmptyParamName,
    /// A name with a character that names do not have.
    InvalidParamName,
    /// The same name twice in one pattern.
    DuplicateParam,
    /// An optional parameter before the last segment.
    OptionalNotLast,
    /// A wildcard before the last segment.
    WildcardNotLast,
    /// `:` or `*` inside a segment.
    MixedSegment,
    /// A character that no path has.
    InvalidCharacter,
    /// A percent-escape, which would never match a decoded path.
    PercentEscape,
    /// A `.` or `..` segment, which no normalised path has.
    DotSegment,
    /// More segments than a pattern may have.
    TooManySegments,
    /// The method is not a token.
    InvalidMethod,
    /// More different methods of its own than a table holds.
    TooManyMethods,
    /// Another route has the same method and shape.
    DuplicateRoute,
}

/// A route that cannot be added; names the pattern and the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteError {
    /// What is wrong.
    pub kind: RouteErrorKind,
    /// The method of the route.
    pub method: String,
    /// The pattern.
    pub pattern: String,
    /// Where in the pattern, in characters from 0.
    pub column: usize,
    /// The method and pattern of the route that it collides with.
    pub other: Option<(String, String)>,
}

impl RouteError {
    pub(super) fn new(kind: RouteErrorKind, spec: &RouteSpec<'_>, at: usize) -> RouteError {
        let column = spec
            .pattern
            .char_indices()
            .take_while(|&(index, _)| index < at)
            .count();
        RouteError {
            kind,
            method: spec.method.to_owned(),
            pattern: spec.pattern.to_owned(),
            column,
            other: None,
        }
    }

    fn reason(&self) -> &'static str {
        match self.kind {
            RouteErrorKind::NoLeadingSlash => "a pattern begins with \"/\"",
            RouteErrorKind::EmptyParamName => "a parameter needs a name",
            RouteErrorKind::InvalidParamName => {
                "a parameter's name is letters, digits and \"_\", not first a digit"
            }
            RouteErrorKind::DuplicateParam => "this name is already taken in the pattern",
            RouteErrorKind::OptionalNotLast => "only the last segment can be optional",
            RouteErrorKind::WildcardNotLast => "a wildcard must be the last segment",
            RouteErrorKind::MixedSegment => "a parameter must be a whole segment",
            RouteErrorKind::InvalidCharacter => "this character cannot stand in a path",
            RouteErrorKind::PercentEscape => {
                "paths are matched decoded: write the character itself"
            }
            RouteErrorKind::DotSegment => "paths are matched without dot segments",
            RouteErrorKind::TooManySegments => "a pattern has at most 64 segments",
            RouteErrorKind::InvalidMethod => "the method is not a token",
            RouteErrorKind::TooManyMethods => "too many different methods",
            RouteErrorKind::DuplicateRoute => "the route already exists",
        }
    }
}

impl core::fmt::Display for RouteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {} {}", self.reason(), self.method, self.pattern)?;
        if let Some((method, pattern)) = &self.other {
            return write!(f, " has the method and shape of {method} {pattern}");
        }
        write!(
            f,
            "\n  {}\n  {:>width$}",
            self.pattern,
            "^",
            width = self.column + 1
        )
    }
}

impl core::error::Error for RouteError {}
