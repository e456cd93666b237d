//! Request methods as small numbers.
//!
//! The decoder calls it once per request line, the router for each route. The numbers travel to
//! JavaScript in the method word of a batch entry, so they never change. A method outside the
//! table is [`Method::Other`]; its text stays in the head's bytes. Methods are case-sensitive
//! (RFC 9110 section 9.1), so `get` is `Other`.

/// A request method; the discriminant is its number on the bridge.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Any other token, for example `PROPFIND`.
    #[default]
    Other = 0,
    /// `GET`
    Get = 1,
    /// `HEAD`
    Head = 2,
    /// `POST`
    Post = 3,
    /// `PUT`
    Put = 4,
    /// `DELETE`
    Delete = 5,
    /// `CONNECT`
    Connect = 6,
    /// `OPTIONS`
    Options = 7,
    /// `TRACE`
    Trace = 8,
    /// `PATCH`
    Patch = 9,
}

impl Method {
    /// The methods that have a number of their own, in the order of their numbers.
    pub const KNOWN: [Method; 9] = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Delete,
        Method::Connect,
        Method::Options,
        Method::Trace,
        Method::Patch,
    ];

    /// The method that these bytes name exactly, or [`Method::Other`].
    pub fn from_bytes(bytes: &[u8]) -> Method {
        match bytes {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"CONNECT" => Method::Connect,
            b"OPTIONS" => Method::Options,
            b"TRACE" => Method::Trace,
            b"PATCH" => Method::Patch,
            _ => Method::Other,
        }
    }

    /// Whether the method asks for no change on the server (RFC 9110 section 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(
            self,
            Method::Get | Method::Head | Method::Options | Method::Trace
        )
    }

    /// The method's text; empty for [`Method::Other`], whose text only the head knows.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Other => "",
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_method_reads_back() {
        for (index, method) in Method::KNOWN.into_iter().enumerate() {
            assert_eq!(method as usize, index + 1);
            assert_eq!(Method::from_bytes(method.as_str().as_bytes()), method);
        }
    }

    #[test]
    fn case_matters() {
        for other in ["get", "Get", "", "GETS", "GE", "PROPFIND"] {
            assert_eq!(
                Method::from_bytes(other.as_bytes()),
                Method::Other,
                "{other}"
            );
        }
    }
}
