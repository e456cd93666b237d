//! The wire: literal bytes in, literal bytes out. One behaviour per file.

#[path = "../support/mod.rs"]
mod support;

mod expect_continue;
mod keep_alive;
mod native_replies;
mod pipelining;
mod request_bodies;
mod request_forms;
