//! The wire: literal bytes in, literal bytes out. One behaviour per file.

#[path = "../support/mod.rs"]
mod support;

mod body_limit;
mod body_memory;
mod closing;
mod counts;
mod credits;
mod expect_continue;
mod half_close;
mod handler_faults;
mod informational;
mod keep_alive;
mod limits;
mod live_limits;
mod metrics;
mod native_replies;
mod overload;
mod pipelining;
mod proxy;
mod random;
mod rates;
mod refusals;
mod reply_framing;
mod request_bodies;
mod request_deadline;
mod request_forms;
mod route_rules;
mod sightings;
mod slow_readers;
mod timeouts;
mod unread_body;
mod wear;
