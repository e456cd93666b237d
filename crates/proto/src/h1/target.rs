//! The four forms of the request target (RFC 9112 section 3.2).
//!
//! Called by the request line's parser with a target of printable ASCII. Origin-form takes the
//! short way. Authorities are checked here; whether the Host field agrees is `host.rs`'s question.
//!
//! Strict: http and https only, no userinfo, CONNECT takes the authority form and nothing else
//! does, OPTIONS alone takes `*`.

use super::host;
use super::path;
use super::request_line::TargetScan;
use crate::{Head, Method, RejectReason, Span, TargetForm};

/// Fills form, path, query and, for targets that have one, the authority.
pub(crate) fn target(bytes: &[u8], head: &mut Head, scan: &TargetScan) -> Result<(), RejectReason> {
    let start = head.target.start as usize;
    head.host = None;
    head.query = None;
    head.rewritten = false;
    if bytes.get(start) == Some(&b'/') && head.method != Method::Connect {
        head.form = TargetForm::Origin;
        return path_and_query(bytes, head, start, scan);
    }
    let text = head.target.of(bytes);
    if text == b"*" {
        if head.method != Method::Options {
            return Err(RejectReason::AsteriskNotAllowed);
        }
        head.form = TargetForm::Asterisk;
        head.path = head.target;
        return Ok(());
    }
    if let Some(scheme_len) = scheme(text) {
        if head.method == Method::Connect {
            return Err(RejectReason::InvalidRequestTarget);
        }
        return absolute(bytes, head, scan, start + scheme_len);
    }
    if !host::has_port(text) {
        return Err(RejectReason::InvalidRequestTarget);
    }
    if head.method != Method::Connect {
        return Err(RejectReason::AuthorityNotAllowed);
    }
    head.form = TargetForm::Authority;
    head.host = Some(head.target);
    head.path = Span {
        start: head.target.start,
        len: 0,
    };
    Ok(())
}

fn path_and_query(
    bytes: &[u8],
    head: &mut Head,
    start: usize,
    scan: &TargetScan,
) -> Result<(), RejectReason> {
    head.path = Span::between(start, scan.path_end);
    if scan.path_end < scan.end {
        head.query = Some(Span::between(scan.path_end + 1, scan.end));
    }
    if scan.maybe_rewrite {
        head.rewritten = path::rewrite(head.path.of(bytes), &mut head.decoded)?;
        if head.rewritten {
            head.path = Span::between(0, head.decoded.len());
        }
    }
    Ok(())
}

fn absolute(
    bytes: &[u8],
    head: &mut Head,
    scan: &TargetScan,
    authority_start: usize,
) -> Result<(), RejectReason> {
    let rest = bytes
        .get(authority_start..scan.path_end)
        .unwrap_or_default();
    let slash = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    let authority = Span::between(authority_start, authority_start + slash);
    // An empty host, userinfo and percent-escapes all fail here: none of their bytes is a host's.
    if authority.is_empty() || !host::is_authority(authority.of(bytes)) {
        return Err(RejectReason::InvalidRequestTarget);
    }
    head.form = TargetForm::Absolute;
    head.host = Some(authority);
    path_and_query(bytes, head, authority.end(), scan)?;
    if head.path.is_empty() {
        head.decoded.clear();
        head.decoded.push(b'/');
        head.rewritten = true;
        head.path = Span::between(0, 1);
    }
    Ok(())
}

/// The length of `http://` or `https://` at the start, in any case.
pub(crate) fn scheme(target: &[u8]) -> Option<usize> {
    ["http://", "https://"]
        .into_iter()
        .map(str::len)
        .find(|&len| {
            let prefix: &[u8] = if len == 7 { b"http://" } else { b"https://" };
            target
                .get(..len)
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        })
}
