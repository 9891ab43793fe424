//! Progress of long work, on standard error, only when it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that counts up to a total.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Counts bytes.
    pub(crate) fn bytes(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg:10} {wide_bar} {bytes}/{total_bytes} {eta}")
    }

    /// Counts records.
    pub(crate) fn records(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg:10} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")
    }

    fn new(what: &'static str, total: u64, template: &str) -> Self {
        // `stderr` draws nothing unless it is a terminal.
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self(bar)
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.inc(count);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
