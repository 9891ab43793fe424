//! The name of each type of entry, and whether replay is told it or must find it.
//!
//! What the entries say is in `body`.

use super::Body;

/// Whether replay is told an entry or must find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Told: the pipeline cannot derive it.
    Input,
    /// Found: the pipeline derives it from the log and the inputs.
    Derived,
}

impl Body {
    /// Whether replay is told this entry or must find it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::SpanStarted { .. }
            | Self::KnowledgeActivated { .. }
            | Self::Tick
            | Self::Imported { .. }
            | Self::ErasureAsked { .. }
            | Self::Erased { .. }
            | Self::LogDropped { .. }
            | Self::ReplayVerified { .. }
            | Self::SetAside { .. }
            | Self::ReviewerAdded { .. }
            | Self::ReviewerWithdrawn { .. }
            | Self::KnowledgeAdded { .. }
            | Self::Ruled { .. }
            | Self::RegisterRead { .. }
            | Self::Delivered { .. }
            | Self::DeliveryReleased(_)
            | Self::Reconciled(_)
            | Self::NoticesWithheld(_)
            | Self::MediaMarked { .. }
            | Self::MediaUnmarked { .. }
            | Self::MediaOpened { .. }
            | Self::MediaHandedOver { .. } => Class::Input,
            Self::LogSealed { .. }
            | Self::HourCounted { .. }
            | Self::WaveOpened { .. }
            | Self::WaveJoined { .. }
            | Self::WaveClosed { .. }
            | Self::CaseOpened { .. }
            | Self::CaseGrew { .. }
            | Self::CaseHeld { .. }
            | Self::RulingHeld { .. }
            | Self::RulingLetGo { .. }
            | Self::Decided { .. }
            | Self::RestrictedUnattended { .. }
            | Self::RestrictionHeld { .. }
            | Self::ActionsLapsed { .. }
            | Self::EntriesLapsed { .. }
            | Self::Overturned { .. }
            | Self::AppealOpened { .. }
            | Self::AppealRefused { .. }
            | Self::AppealDecided { .. }
            | Self::NoticesDue { .. }
            | Self::PostChanged { .. }
            | Self::AccountDated { .. }
            | Self::Withdrawn { .. } => Class::Derived,
        }
    }

    /// Its stable name: the `type` of the written form.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SpanStarted { .. } => "span_started",
            Self::KnowledgeActivated { .. } => "knowledge_activated",
            Self::Tick => "tick",
            Self::Imported { .. } => "imported",
            Self::ErasureAsked { .. } => "erasure_asked",
            Self::Erased { .. } => "erased",
            Self::LogDropped { .. } => "log_dropped",
            Self::ReplayVerified { .. } => "replay_verified",
            Self::SetAside { .. } => "set_aside",
            Self::LogSealed { .. } => "log_sealed",
            Self::HourCounted { .. } => "hour_counted",
            Self::WaveOpened { .. } => "wave_opened",
            Self::WaveJoined { .. } => "wave_joined",
            Self::WaveClosed { .. } => "wave_closed",
            Self::ReviewerAdded { .. } => "reviewer_added",
            Self::ReviewerWithdrawn { .. } => "reviewer_withdrawn",
            Self::KnowledgeAdded { .. } => "knowledge_added",
            Self::Ruled { .. } => "ruled",
            Self::RegisterRead { .. } => "register_read",
            Self::CaseOpened { .. } => "case_opened",
            Self::CaseGrew { .. } => "case_grew",
            Self::CaseHeld { .. } => "case_held",
            Self::RulingHeld { .. } => "ruling_held",
            Self::RulingLetGo { .. } => "ruling_let_go",
            Self::Decided { .. } => "decided",
            Self::RestrictedUnattended { .. } => "restricted_unattended",
            Self::ActionsLapsed { .. } => "actions_lapsed",
            Self::EntriesLapsed { .. } => "entries_lapsed",
            Self::Overturned { .. } => "overturned",
            Self::Delivered { .. } => "delivered",
            Self::DeliveryReleased(_) => "delivery_released",
            Self::Reconciled(_) => "reconciled",
            Self::NoticesWithheld(_) => "notices_withheld",
            Self::NoticesDue { .. } => "notices_due",
            Self::MediaMarked { .. } => "media_marked",
            Self::MediaUnmarked { .. } => "media_unmarked",
            Self::MediaOpened { .. } => "media_opened",
            Self::MediaHandedOver { .. } => "media_handed_over",
            Self::RestrictionHeld { .. } => "restriction_held",
            Self::AppealOpened { .. } => "appeal_opened",
            Self::AppealRefused { .. } => "appeal_refused",
            Self::AppealDecided { .. } => "appeal_decided",
            Self::PostChanged { .. } => "post_changed",
            Self::AccountDated { .. } => "account_dated",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}
