//! Sets the linker flags of a Node addon, and says which interface the sources have.
//!
//! The number of the interface is a hash of the files that describe it, so that nobody has to think
//! of it: `npm run gen` writes the same number for the TypeScript side, which refuses an addon with
//! another one. The list of files and the hash have a twin in `scripts/gen/abi.mjs`.

use std::path::Path;
use std::{env, fs};

/// What both sides must agree on: the words of batches, the ids of fields, the options of a server.
const SOURCES: [&str; 6] = [
    "core/src/dispatch/layout.rs",
    "core/src/dispatch/entry.rs",
    "core/src/dispatch/record.rs",
    "proto/src/fields.rs",
    "node/src/config.rs",
    "node/src/endpoint.rs",
];

fn main() {
    napi_build::setup();
    let crates = Path::new("..");
    let mut hash = 0x811c_9dc5;
    for source in SOURCES {
        let path = crates.join(source);
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("the sources of the workspace are there");
        hash = hashed(hash, &text);
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    let code =
        format!("/// Number of the interface, made by build.rs.\nconst ABI: u32 = {hash};\n");
    fs::write(Path::new(&out).join("abi.rs"), code).expect("the output directory is writable");
}

/// FNV-1a over the code of a file: without tests, comments and whitespace.
fn hashed(hash: u32, text: &str) -> u32 {
    text.lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.starts_with("//"))
        .flat_map(str::bytes)
        .filter(|byte| !byte.is_ascii_whitespace())
        .fold(hash, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
}
