//! Every operation of the API, by a stable name.
//!
//! A route states the operation it carries out; what an operation asks for is in the table
//! beside this file. Left out: the routes themselves.

macro_rules! operations {
    ($($(#[$about:meta])* $name:ident = $text:literal,)*) => {
        /// What can be done over the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$about])* $name,)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its stable name, as OpenAPI's `x-operation` states it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

operations! {
    /// Send events.
    EventsWrite = "events.write",
    /// Send events and wait for their verdicts, before publication.
    EventsVerdict = "events.verdict",
    /// Upload a file by its digest.
    MediaPut = "media.put",
    /// Have a file fetched by reference.
    MediaFetch = "media.fetch",
    /// See a thumbnail.
    MediaThumbnail = "media.thumbnail",
    /// See an original.
    MediaOriginal = "media.original",
    /// Mark a file as suspected child abuse: it leaves every screen at once.
    MediaMark = "media.mark",
    /// Open a marked file to hand it over. Only the holder of the configured route may; its
    /// caller asks that too.
    MediaHandover = "media.handover",
    /// Report content on behalf of somebody.
    ReportsWrite = "reports.write",
    /// Read reports.
    ReportsRead = "reports.read",
    /// List cases.
    CasesList = "cases.list",
    /// Read a case.
    CasesRead = "cases.read",
    /// Rule on a case, where nothing grave follows: keep, restrict, pass on.
    CasesRule = "cases.rule",
    /// Rule on a case to suspend, remove, label or share outward.
    CasesRuleGrave = "cases.rule_grave",
    /// Have an order withhold the notices of a case, or lift it.
    NoticesWithhold = "notices.withhold",
    /// List waves.
    WavesList = "waves.list",
    /// Read a wave.
    WavesRead = "waves.read",
    /// List decisions.
    DecisionsList = "decisions.list",
    /// Read a decision.
    DecisionsRead = "decisions.read",
    /// Overturn somebody's decision, with all that it supports.
    DecisionsOverturn = "decisions.overturn",
    /// See by signed link what can be appealed.
    AppealsForm = "appeals.form",
    /// Appeal, by signed link or on behalf of somebody.
    AppealsWrite = "appeals.write",
    /// Read appeals.
    AppealsRead = "appeals.read",
    /// Rule on an appeal.
    AppealsRule = "appeals.rule",
    /// Read hash banks.
    BanksRead = "banks.read",
    /// Change hash banks.
    BanksWrite = "banks.write",
    /// Read lists of terms.
    TermsRead = "terms.read",
    /// Change lists of terms.
    TermsWrite = "terms.write",
    /// Read policies.
    PoliciesRead = "policies.read",
    /// Change policies.
    PoliciesWrite = "policies.write",
    /// Read rules.
    RulesRead = "rules.read",
    /// Check rules without keeping them.
    RulesCheck = "rules.check",
    /// Change rules.
    RulesWrite = "rules.write",
    /// Read the protected register.
    ProtectedRead = "protected.read",
    /// Change the protected register.
    ProtectedWrite = "protected.write",
    /// Read the profiles of removed accounts.
    RemovedRead = "removed.read",
    /// Withdraw the profile of a removed account.
    RemovedWithdraw = "removed.withdraw",
    /// Read measures.
    MeasuresRead = "measures.read",
    /// Read the journal, which holds no content.
    JournalRead = "journal.read",
    /// Follow what happens, live.
    LiveRead = "live.read",
    /// See what is to be delivered, without what it says.
    DeliveryRead = "delivery.read",
    /// Send again what could not be delivered.
    DeliveryReplay = "delivery.replay",
    /// Give up what was refused or could not be delivered, so that what is behind it goes on.
    DeliveryRelease = "delivery.release",
    /// Send again to an endpoint that had said it is gone.
    DeliveryReopen = "delivery.reopen",
    /// Give the platform's list of what it believes is in force.
    ReconcileWrite = "reconcile.write",
    /// Read where the platform's newest list differs from ours, by numbers of actions.
    ReconcileRead = "reconcile.read",
    /// List people.
    PeopleRead = "people.read",
    /// Invite, change and disable people.
    PeopleWrite = "people.write",
    /// Answer for a person's key, so that what it signs counts.
    PeopleAdmit = "people.admit",
    /// List API keys.
    KeysRead = "keys.read",
    /// Make, rotate and revoke API keys.
    KeysWrite = "keys.write",
    /// Log in.
    SessionsOpen = "sessions.open",
    /// See who one is, list and end one's own sessions, enter or change one's password.
    SessionsOwn = "sessions.own",
    /// Use a one-time link.
    LinksUse = "links.use",
    /// Ask whether the server lives and is ready.
    HealthRead = "health.read",
    /// Read metrics for Prometheus.
    MetricsRead = "metrics.read",
    /// Read the description of this API.
    OpenapiRead = "openapi.read",
    /// Have the folder and the configuration looked over.
    DoctorRead = "doctor.read",
}

impl Operation {
    /// The operation of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.name() == name)
    }
}
