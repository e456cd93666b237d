//! Replays every committed input of the fuzz targets, so that what a fuzzer once found stays found
//! on machines without one.

#[path = "../../fuzz/src/checks.rs"]
mod checks;
mod support;

use std::fs;
use std::path::Path;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus is part of the tree") {
        let path = entry.expect("readable").path();
        check(&fs::read(&path).expect("readable"));
        count += 1;
    }
    assert!(count >= 10, "{target}: {count} inputs");
}

#[test]
fn head() {
    replay("head", checks::head);
}

#[test]
fn chunked() {
    replay("chunked", checks::chunked);
}

#[test]
fn proxy() {
    replay("proxy", checks::proxy);
}

#[test]
fn pattern() {
    replay("pattern", checks::pattern);
}
