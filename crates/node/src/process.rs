//! Functions of the running program, by their names.
//!
//! Used by `uv`, `engine` and `release` for what Node exports and Node-API does not have. The
//! program itself is asked, and on Windows the library that it may have put its exports into.
//! Promises None where there is no such name. What a name stands for is the caller's affair.

use std::ffi::CStr;

/// A function of the running program.
///
/// # Safety
///
/// `F` is the type of the function pointer that the name stands for.
#[cfg(unix)]
pub(crate) unsafe fn symbol<F: Copy>(name: &CStr) -> Option<F> {
    let process = libloading::os::unix::Library::this();
    // SAFETY: the type is the caller's promise. The process is never unloaded.
    let found = unsafe { process.get::<F>(name.to_bytes_with_nul()) };
    found.ok().map(|symbol| *symbol)
}

/// Libraries that programs which embed Node have it in.
#[cfg(windows)]
const EMBEDDED: [&str; 2] = ["node.dll", "libnode.dll"];

/// A function of the running program.
///
/// # Safety
///
/// `F` is the type of the function pointer that the name stands for.
#[cfg(windows)]
pub(crate) unsafe fn symbol<F: Copy>(name: &CStr) -> Option<F> {
    use libloading::os::windows::Library;

    let embedded = EMBEDDED.into_iter().map(Library::open_already_loaded);
    let mut places = std::iter::once_with(Library::this).chain(embedded);
    places.find_map(|place| {
        let library = place.ok()?;
        // SAFETY: the type is the caller's promise. Neither the program nor the library that
        // holds Node is ever unloaded.
        let found = unsafe { library.get::<F>(name.to_bytes_with_nul()) };
        found.ok().map(|symbol| *symbol)
    })
}
