//! Failpoints: places between two durable writes where a test can stop the process.
//!
//! Only in builds with debug assertions. A release build has no such place.

/// Ends the process at once, without clean-up, if the environment asks for it here.
///
/// `SEAWALL_FAILPOINT=name:3` stops at the third time `name` is passed. This is how
/// tests show that what was acknowledged is kept wherever a crash falls.
/// `SEAWALL_FAILPOINT_TRACE=file` appends each name that is passed to a file, a line each.
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    {
        use std::sync::atomic::{AtomicU64, Ordering};
        static PASSED: AtomicU64 = AtomicU64::new(0);
        static WANTED: std::sync::OnceLock<Option<(String, u64)>> = std::sync::OnceLock::new();
        let wanted = WANTED.get_or_init(|| {
            let text = std::env::var("SEAWALL_FAILPOINT").ok()?;
            let (name, count) = text.split_once(':')?;
            Some((name.to_owned(), count.parse().ok()?))
        });
        if let Some(path) = std::env::var_os("SEAWALL_FAILPOINT_TRACE") {
            use std::io::Write;
            let file = std::fs::File::options().create(true).append(true).open(path);
            // A trace that cannot be written lacks lines, which its test finds.
            let _ = file.and_then(|mut file| file.write_all(format!("{name}\n").as_bytes()));
        }
        if let Some((at, count)) = wanted
            && at == name
            && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count
        {
            std::process::abort();
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}
