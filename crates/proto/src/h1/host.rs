//! Authorities: the Host field and the targets that carry one (RFC 9110 section 7.2).
//!
//! Grammar as Kestrel's, narrower than RFC 3986: letters, digits and ``!$&'()-._~``, or an IPv6
//! literal in brackets, then optionally a colon and digits. An empty Host field says that nothing
//! names a host: that is so for `OPTIONS *`, and for HTTP/1.0, which may leave the field out. With
//! a path it would make an `http` URI without a host (RFC 9110 section 4.2.1).

use crate::chars::{self, HEX, HOST};
use crate::{Head, RejectReason, Span, TargetForm, Version};

/// The shortest bracketed literal: `[::1]`.
const IPV6_MIN: usize = 5;

/// Applies the Host rules once the head is complete; `field` is the first Host field of `count`.
pub(crate) fn check(
    bytes: &[u8],
    head: &mut Head,
    field: Span,
    count: u32,
) -> Result<(), RejectReason> {
    match count {
        0 if head.version == Version::Http11 => return Err(RejectReason::MissingHost),
        0 => return Ok(()),
        1 => {}
        _ => return Err(RejectReason::MultipleHosts),
    }
    let value = field.of(bytes);
    let is_valid = match value {
        [] => head.version == Version::Http10 || head.form != TargetForm::Origin,
        _ => is_authority(value),
    };
    if !is_valid {
        return Err(RejectReason::InvalidHost);
    }
    let target = head.target.of(bytes);
    let agrees = match (head.form, head.host) {
        (TargetForm::Authority, _) => target.eq_ignore_ascii_case(value),
        (TargetForm::Absolute, Some(authority)) => {
            let default_port: &[u8] = match super::target::scheme(target) {
                Some(8) => b":443",
                _ => b":80",
            };
            same_authority(authority.of(bytes), value, default_port)
        }
        _ => true,
    };
    if !agrees {
        return Err(RejectReason::HostMismatch);
    }
    if head.host.is_none() {
        head.host = Some(field);
    }
    Ok(())
}

/// Equal but for case and for a default port that one of them leaves out.
fn same_authority(a: &[u8], b: &[u8], default_port: &[u8]) -> bool {
    let strip =
        |text: &'_ [u8]| text.len() - text.ends_with(default_port) as usize * default_port.len();
    let (a_len, b_len) = (strip(a), strip(b));
    a_len > 0
        && a.get(..a_len)
            .unwrap_or(a)
            .eq_ignore_ascii_case(b.get(..b_len).unwrap_or(b))
}

/// Whether `text` is `host` or `host:port`, the host not empty.
pub(crate) fn is_authority(text: &[u8]) -> bool {
    match host_len(text) {
        0 => false,
        len => match text.get(len..) {
            Some([]) => true,
            Some([b':', port @ ..]) => is_port(port),
            _ => false,
        },
    }
}

/// Whether `text` is `host:port`.
pub(crate) fn has_port(text: &[u8]) -> bool {
    match host_len(text) {
        0 => false,
        len => matches!(text.get(len..), Some([b':', port @ ..]) if is_port(port)),
    }
}

fn is_port(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// The length of the host at the start of `text`, 0 when there is none.
fn host_len(text: &[u8]) -> usize {
    if text.first() != Some(&b'[') {
        return text.iter().take_while(|&&b| chars::is(b, HOST)).count();
    }
    let inside = |&&b: &&u8| chars::is(b, HEX) || b == b':' || b == b'.';
    let close = 1 + text.iter().skip(1).take_while(inside).count();
    if text.get(close) == Some(&b']') && close + 1 >= IPV6_MIN {
        close + 1
    } else {
        0
    }
}
