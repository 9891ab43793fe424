//! What the pipeline does with knowledge: step one looks for it, step three lets it in and
//! out and puts what was found before people.

use std::collections::BTreeSet;

use seawall_link::{Feature, FeatureKind};
use seawall_model::journal::{Body, EvidenceSeen, SubjectSeen};
use seawall_model::knowledge::KnowledgeKind;
use seawall_model::{Accepted, AccountId, DecisionId, EventBody, EventKind, Signal, Timestamp};
use seawall_review::{Finding, RestsOnMissing};

use crate::active::Contents;
use crate::detect::{self, Buffers, Noted};
use crate::judge::Brought;
use crate::pipeline::{Output, Told};
use crate::posts::{Known, Tells};
use crate::sketches::sketch_of;
use crate::{Pipeline, Reading, partition};

impl Pipeline {
    /// Looks for what is known, and leaves what the rules make of it to the owner of cases.
    pub(crate) fn detect(
        &mut self,
        accepted: &Accepted<'_>,
        reading: Option<&Reading<'_>>,
        signals: &[Signal],
    ) {
        let (event, position) = (accepted.event, accepted.position);
        if let (EventBody::AccountReinstated(_), Some(account)) = (&event.body, accepted.account) {
            self.waiting.reinstated.push(account);
        }
        if let EventBody::Appeal(appeal) = &event.body {
            let (account, action) = (accepted.account, appeal.action);
            self.waiting.appealed.push(Brought { account, action, position: position.0 });
            // What somebody says for themselves is no evidence against them.
            return;
        }
        let tells = detect::tells(event);
        let change = detect::change(accepted, &self.key);
        let change = change.map(|change| Told::Changed(change, accepted.account, tells));
        self.waiting.told.extend(change);
        if self.active.is_idle() {
            return;
        }
        self.active.refresh();
        let mut noted = Noted::default();
        let mut buffers = std::mem::take(&mut self.buffers);
        if let Some(folded) = reading.and_then(Reading::folded) {
            noted.text(folded, position, &self.active, &mut buffers);
        }
        let media = match &event.body {
            EventBody::Media(item) => std::slice::from_ref(&item.media),
            _ => event.post().map_or(&[][..], |post| &post.media),
        };
        for media in media {
            noted.media(media, position, &self.active, &mut buffers);
        }
        if event.kind() != EventKind::Report {
            // Whom a reporter resembles says nothing of whom they report.
            self.compare(accepted, reading, &mut noted, &mut buffers);
        }
        let knowing = (&self.active, &self.key);
        let found = detect::judge(accepted, noted, signals, knowing, &mut buffers);
        self.buffers = buffers;
        let found = found.map(|found| Told::Found(found, accepted.account, tells));
        self.waiting.told.extend(found);
    }

    /// Compares an account with removed profiles: when it tells its profile, and when it
    /// shares a link that a removed one shared.
    fn compare(
        &mut self,
        accepted: &Accepted<'_>,
        reading: Option<&Reading<'_>>,
        noted: &mut Noted,
        buffers: &mut Buffers,
    ) {
        let Some(account) = accepted.account else { return };
        let sketches = &mut self.sketches[partition(account.0)];
        if let Some(profile) = &accepted.event.profile {
            let links: Vec<&str> = profile.links.iter().map(|link| &**link).collect();
            let sketch = sketch_of(
                profile.handle.as_deref(),
                profile.name.as_deref(),
                &links,
                profile.avatar.as_ref(),
                self.active.key(),
            );
            if sketch.is_empty() {
                return noted.no_profile();
            }
            if sketches.get(account) != Some(&sketch) {
                self.waiting.profiles.push((account, sketch.clone()));
            }
            let bests = detect::bests(&sketch, accepted, &self.seen, &self.active, buffers);
            sketches.keep(account, accepted.position, sketch);
            return noted.comeback(&bests, accepted.position);
        }
        for link in reading.map(Reading::links).unwrap_or_default() {
            let link = seawall_wave::normalise_link(link);
            let Some(link) = link.and_then(|link| self.active.key().link(&link)) else { continue };
            let feature = Feature { kind: FeatureKind::Link, hash: link.link };
            if !self.active.removed().knows(feature) {
                continue;
            }
            if let Some(sketch) = sketches.add_link(account, link) {
                let bests = detect::bests(sketch, accepted, &self.seen, &self.active, buffers);
                noted.comeback(&bests, accepted.position);
            }
        }
    }

    /// Takes in what people did.
    pub(crate) fn people(&mut self, body: &Body, contents: &dyn Contents, out: &mut Output) {
        let mut bodies = Vec::new();
        match body {
            Body::ReviewerAdded { reviewer, .. } => self.judge.admit(*reviewer),
            Body::ReviewerWithdrawn { reviewer, .. } => self.judge.dismiss(*reviewer, &mut bodies),
            Body::KnowledgeAdded { kind, first, last, decision, .. } => {
                let Some(kind) = KnowledgeKind::from_name(kind) else { return };
                let decision = decision.map(DecisionId);
                let entries = (*first, *last);
                self.judge.lay_down(entries, kind, decision, &mut self.active, contents);
            }
            Body::Ruled { ruling, .. } => {
                let now = self.order.now;
                self.judge.rule(ruling, now, &mut self.active, contents, &mut bodies);
            }
            Body::MediaMarked { entries, .. } => self.active.suppress(entries, contents),
            Body::MediaUnmarked { entries, .. } => self.active.restore(entries, contents),
            Body::NoticesWithheld(order) => {
                self.judge.withhold(order, self.order.now, &mut bodies);
            }
            Body::Delivered { action, effect, outcome, .. } => {
                self.judge.delivered(*action, *effect, *outcome);
            }
            _ => {}
        }
        self.follow_up(&mut bodies);
        for body in bodies {
            self.emit(out, body);
        }
    }

    /// Step three of cases: what was found and changed since the last hand-over, what lapses, and
    /// what is appealed against.
    pub(crate) fn review(
        &mut self,
        told: Vec<Told>,
        reinstated: &[AccountId],
        appealed: &[Brought],
        out: &mut Output,
    ) {
        let mut bodies = Vec::new();
        let now = self.order.now;
        for account in reinstated {
            self.judge.reinstated(*account, &mut self.active, &mut bodies);
        }
        for told in told {
            match told {
                Told::Found(found, by, tells) => {
                    if let Some(found) = self.of_its_author(found, by, tells) {
                        self.judge.observe(found, now, &self.active, &mut bodies);
                    }
                }
                Told::Changed(change, by, tells) => {
                    let known = self.posts.note(&change, by, tells, self.constants.posts_max);
                    let Some(known) = known else { continue };
                    if self.judge.cases().about_post(change.post).is_some() {
                        let author = known.author().map(|author| (author, self.created(author)));
                        self.judge.changed(&change, author, now, &self.active, &mut bodies);
                    }
                }
                Told::Dated(account, created_at) => {
                    self.judge.dated(account, created_at, &mut bodies);
                }
            }
        }
        self.judge.lapse(now, &mut self.active, &mut bodies);
        for appeal in appealed {
            self.judge.appeal(*appeal, now, &mut bodies);
        }
        self.follow_up(&mut bodies);
        for body in bodies {
            self.emit(out, body);
        }
    }

    /// When an account was created, as its own key knows it at the hand-over.
    fn created(&self, account: AccountId) -> Option<Timestamp> {
        self.accounts[partition(account.0)].created(account)
    }

    /// A finding with whom it is about: of a post its author, as far as the post is known. What
    /// ties whoever else acted to a removed account says nothing about the author, and what a
    /// rule made of it rests on something missing; `None` if nothing else was found.
    fn of_its_author(
        &self,
        mut found: Finding,
        by: Option<AccountId>,
        tells: Tells,
    ) -> Option<Finding> {
        if let (Some(post), SubjectSeen::Post { position, .. }) = (found.post, found.subject) {
            let (author, known) = if self.posts.is_others(post, by, tells) {
                // It is another post, under an id that was given before.
                (found.post, found.content) = (None, position);
                (by, None)
            } else {
                let is_told = |known: &&Known| !known.is_contested || by == known.author();
                let known = self.posts.get(post).filter(is_told);
                (known.and_then(Known::author), known)
            };
            found.subject = SubjectSeen::Post { position, account: author.map(|author| author.0) };
            if let Some(known) = known {
                (found.content, found.is_deleted) = (known.content, known.is_deleted);
            }
            if author.is_none() || author != by {
                lose_likeness(&mut found);
                if found.reasons.is_empty() {
                    return None;
                }
            }
        }
        found.created_at = found.subject.account().and_then(|account| self.created(account));
        Some(found)
    }

    /// What follows from whatever changed: what law 1 would not permit any more ends, what waited
    /// for room is decided, appeals against what ended are granted.
    fn follow_up(&mut self, bodies: &mut Vec<Body>) {
        let now = self.order.now;
        self.judge.recheck(now, &self.active, bodies);
        self.judge.retry(now, &self.active, bodies);
        self.judge.settle(now, bodies);
    }
}

/// Takes out of a finding whom whoever acted resembles.
fn lose_likeness(found: &mut Finding) {
    let is_theirs = |piece: &EvidenceSeen| piece.kind == "comeback";
    let theirs = found.evidence.iter().filter(|piece| is_theirs(piece));
    let theirs: BTreeSet<u64> = theirs.filter_map(|piece| piece.entry).collect();
    if theirs.is_empty() {
        return;
    }
    found.evidence.retain(|piece| !is_theirs(piece));
    theirs.iter().for_each(|entry| found.lose(*entry));
    found.rests = RestsOnMissing::Yes;
}
