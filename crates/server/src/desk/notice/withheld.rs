//! Between which entries of the journal an order withheld the notices of a case.
//!
//! Entries decide, not the moment at which they are read: so each notice is told once, with its
//! action or when the order ends, however late the journal is followed and however often.

use seawall_model::CaseId;

use crate::desk::Desk;
use crate::engine::Span;

/// The span of a case; `None` if no order ever withheld its notices.
///
/// Cost: one look at what the engine keeps of orders.
#[must_use]
pub fn span(desk: &Desk<'_>, case: CaseId) -> Option<Span> {
    desk.derivation().withheld_span(case)
}

#[cfg(test)]
mod tests {
    use seawall_model::Timestamp;
    use seawall_model::journal::{Body, Withholding};
    use seawall_store::{Access, Journal};

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::engine::{self, Settings};

    /// What [`span`] says, by reading all orders.
    fn plain(journal: &Journal, case: CaseId) -> Option<Span> {
        let mut span: Option<Span> = None;
        for recorded in journal.of_types(&["notices_withheld", "notices_due"]).unwrap() {
            let (seq, at) = (recorded.entry.seq, recorded.entry.at);
            match recorded.entry.body {
                Body::NoticesWithheld(order) if order.case == case.0 => {
                    span.get_or_insert(Span { since: seq, over: None });
                }
                Body::NoticesDue { case: of } if of == case.0 => {
                    if let Some(span) = &mut span {
                        span.over.get_or_insert((seq, at));
                    }
                }
                _ => {}
            }
        }
        span
    }

    #[test]
    fn what_is_kept_of_orders_is_what_the_journal_tells_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let began = "2026-06-01T00:00:00Z";
        let clock = Clock::Still(Timestamp::parse(began).unwrap());
        let settings = Settings { config: Config::default(), clock, test_seed: Some(7) };
        let mut now = clock.now();
        let (mut drawn, mut checked) = (7_u64, 0);
        for _ in 0..3 {
            // A start reads them anew.
            let mut opened = engine::open(dir.path(), &settings).unwrap();
            let journal = opened.folder.journal(Access::Read).unwrap();
            for _ in 0..40 {
                drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (case, hours) = (drawn >> 60, i64::try_from(drawn >> 40 & 7).unwrap());
                now = now.plus_seconds(1_800);
                let until = now.plus_seconds(hours * 3_600);
                let order = Withholding { case, reviewer: 1, order: "N-1".into(), until };
                opened.derivation.input(Body::NoticesWithheld(order), now).unwrap();
                for case in (0..16).map(CaseId) {
                    let kept = opened.derivation.withheld_span(case);
                    assert_eq!(kept, plain(&journal, case), "{case}");
                    checked += usize::from(kept.is_some_and(|span| span.over.is_some()));
                }
            }
        }
        assert!(checked > 100, "orders ended: {checked}");
    }
}
