//! Lanner's network core: it does what `lanner-proto` thinks.
//!
//! The rooms: `transport` has the sockets, `io` the threads and their clock, `conn` one HTTP/1
//! connection without its socket, `dispatch` the way to the isolates and back, `pool` the idle
//! buffers, `server` the whole. Runs and is tested without Node; N-API is in `lanner-node`.

#![deny(unsafe_code)]

pub mod board;
pub mod body_memory;
pub mod config;
pub mod conn;
pub mod context;
pub mod dispatch;
pub mod error;
pub mod histogram;
mod io;
pub mod isolate;
mod isolate_counters;
pub mod limits;
pub mod metrics;
pub mod native_reply;
pub mod pool;
pub mod probes;
pub mod prometheus;
pub mod pulse;
pub mod request_times;
pub mod routing;
pub mod rules;
pub mod server;
mod shared;
pub mod sightings;
pub mod transport;
pub mod watch;

pub use config::{Config, Overload, Rate, Rates, Timeouts};
pub use error::{Error, ErrorKind};
pub use metrics::Stats;
pub use probes::Probes;
pub use rules::{Priority, Rules};
pub use server::Server;
pub use watch::StallOptions;
