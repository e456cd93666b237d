//! Starting and closing a server a thousand times leaves no thread, no descriptor, no file.
//!
//! Alone in its binary, because it counts what the whole process has.

#![cfg(target_os = "linux")]

mod support;

use lanner_core::transport::endpoint::{Endpoint, Place};
use lanner_core::transport::listen::Address;
use lanner_core::{Config, Server};

use support::live::{Client, Isolate, echo, eventually, specs, tcp};

const CYCLES: usize = 1000;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("proc").count()
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("proc").count()
}

#[test]
fn a_thousand_servers_leave_nothing() {
    let path = std::env::temp_dir().join(format!("lanner-{}-leaks.sock", std::process::id()));
    let mut before = (0, 0);
    for cycle in 0..CYCLES {
        let config = Config {
            io_threads: 1 + cycle % 3,
            ..Config::default()
        };
        let server = Server::start(config, &specs()).expect("a server");
        let mut isolate = Isolate::attach(&server, echo());
        let unix = Endpoint::from(Place::Unix {
            path: path.to_string_lossy().into_owned(),
            mode: None,
        });
        let addresses = server
            .listen(&[tcp("127.0.0.1", 0), unix])
            .expect("listening");
        let Address::Tcp(address) = addresses[0] else {
            panic!("{addresses:?}")
        };
        let mut client = Client::connect(address);
        let idle = Client::connect(address);
        assert_eq!(
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").reply().0,
            200
        );
        client.send(b"GET / HT");
        server.close(0);
        eventually("the server closes", || server.is_closed());
        server.join();
        isolate.end();
        drop((server, isolate, client, idle));
        assert!(!path.exists(), "the socket's file is left");
        // The first cycles set up what the process keeps.
        if cycle == 10 {
            before = (descriptors(), threads());
        }
    }
    // At most, not as many: the system may still list a joined thread when the first count is
    // taken, and what each cycle left would be here some thousand times.
    eventually("threads and descriptors are gone", || {
        descriptors() <= before.0 && threads() <= before.1
    });
}
