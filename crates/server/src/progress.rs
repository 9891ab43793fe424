//! Progress of long work, on standard error, only when it is a terminal.

use std::fmt::Write;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

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
        Self::new(what, total, "{msg:10} {wide_bar} {human_pos}/{human_len} {rate} {eta}")
    }

    fn new(what: &'static str, total: u64, template: &str) -> Self {
        // `stderr` draws nothing unless it is a terminal.
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            // A bar that cannot be drawn stops nothing.
            let _ = out.write_str(&rate(state.per_sec()));
        });
        let bar = bar.with_style(style);
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

/// Records per second, as a whole number.
fn rate(per_second: f64) -> String {
    // Written out and read back: exact for every rate, and what is no number becomes 0.
    format!("{}/s", HumanCount(format!("{per_second:.0}").parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_whole_number() {
        assert_eq!(rate(114_540.331_4), "114,540/s");
        assert_eq!(rate(0.6), "1/s");
        assert_eq!(rate(f64::NAN), "0/s");
    }
}
