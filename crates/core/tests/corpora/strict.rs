//! A second reading of HTTP/1.1, as plain as the grammar: what a strict parser makes of bytes.
//!
//! Written for the tests alone and without a line of the server's: it works on whole inputs, copies
//! freely, knows one kind of body for each framing field, and gives up at the first byte that the
//! grammar does not have. `smuggler.rs` compares the server with it.

/// What the bytes hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The whole requests: `METHOD target` and the body.
    pub(crate) requests: Vec<(String, Vec<u8>)>,
    pub(crate) end: Ending,
}

/// How a reading ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Behind a whole request.
    #[default]
    Clean,
    /// Inside of one.
    Unfinished,
    /// At bytes that are not HTTP.
    Refused,
}

/// Reads a connection's bytes to their end.
pub(crate) fn read(mut bytes: &[u8]) -> Reading {
    let mut reading = Reading::default();
    while !bytes.is_empty() {
        match request(bytes) {
            Ok((line, body, rest)) => {
                reading.requests.push((line, body));
                bytes = rest;
            }
            Err(end) => {
                reading.end = end;
                break;
            }
        }
    }
    reading
}

type Part<'a, T> = Result<(T, &'a [u8]), Ending>;

fn request(bytes: &[u8]) -> Result<(String, Vec<u8>, &[u8]), Ending> {
    let (first, mut rest) = line(bytes)?;
    let parts: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = parts[..] else {
        return Err(Ending::Refused);
    };
    let graphic = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if !is_token(method) || !graphic(target) || !target.starts_with('/') {
        return Err(Ending::Refused);
    }
    let (mut lengths, mut codings, mut hosts) = (Vec::new(), Vec::new(), 0);
    loop {
        let (text, after) = line(rest)?;
        rest = after;
        if text.is_empty() {
            break;
        }
        let (name, value) = field(&text)?;
        match &*name {
            "content-length" => lengths.push(value),
            "transfer-encoding" => codings.push(value.to_ascii_lowercase()),
            "content_length" | "transfer_encoding" => return Err(Ending::Refused),
            "host" => hosts += 1,
            _ => {}
        }
    }
    let framing = (lengths.as_slice(), codings.join(","));
    let (body, rest) = match (framing, hosts) {
        (([], codings), 1) if codings.is_empty() => (Vec::new(), rest),
        (([length], codings), 1) if codings.is_empty() => known(length, rest)?,
        (([], codings), 1) if codings == "chunked" => chunked(rest)?,
        _ => return Err(Ending::Refused),
    };
    Ok((format!("{method} {target}"), body, rest))
}

/// A line and what follows it: ended by CRLF, without either byte alone. Latin-1 becomes text.
fn line(bytes: &[u8]) -> Part<'_, String> {
    let Some(at) = bytes.iter().position(|b| matches!(b, b'\r' | b'\n')) else {
        return Err(Ending::Unfinished);
    };
    match bytes[at..] {
        [b'\r', b'\n', ..] => {}
        [b'\r'] => return Err(Ending::Unfinished),
        _ => return Err(Ending::Refused),
    }
    let text = bytes[..at].iter().map(|&b| char::from(b)).collect();
    Ok((text, &bytes[at + 2..]))
}

fn field(text: &str) -> Result<(String, String), Ending> {
    let (name, value) = text.split_once(':').ok_or(Ending::Refused)?;
    let value = value.trim_matches([' ', '\t']);
    let is_text = |c: char| c == '\t' || (c >= ' ' && c != '\u{7f}');
    match is_token(name) && value.chars().all(is_text) {
        true => Ok((name.to_ascii_lowercase(), value.to_owned())),
        false => Err(Ending::Refused),
    }
}

fn is_token(text: &str) -> bool {
    let is_one = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_one)
}

fn known<'a>(length: &str, rest: &'a [u8]) -> Part<'a, Vec<u8>> {
    let plain = length.bytes().all(|b| b.is_ascii_digit()) && !length.starts_with("00");
    let length: usize = match plain {
        true => length.parse().map_err(|_| Ending::Refused)?,
        false => return Err(Ending::Refused),
    };
    match rest.split_at_checked(length) {
        Some((body, rest)) => Ok((body.to_vec(), rest)),
        None => Err(Ending::Unfinished),
    }
}

fn chunked(mut rest: &[u8]) -> Part<'_, Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (text, after) = line(rest)?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        let size = match digits {
            true => usize::from_str_radix(&text, 16).map_err(|_| Ending::Refused)?,
            false => return Err(Ending::Refused),
        };
        if size == 0 {
            // Trailers are none of the corpora's.
            let (text, after) = line(after)?;
            return match text.is_empty() {
                true => Ok((body, after)),
                false => Err(Ending::Refused),
            };
        }
        let (data, after) = after.split_at_checked(size).ok_or(Ending::Unfinished)?;
        body.extend_from_slice(data);
        rest = match after {
            [b'\r', b'\n', after @ ..] => after,
            [] | [b'\r'] => return Err(Ending::Unfinished),
            _ => return Err(Ending::Refused),
        };
    }
}
