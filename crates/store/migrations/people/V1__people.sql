-- Who may come in. Secrets lie here as hashes or sealed, never as they are.
CREATE TABLE person (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL UNIQUE,
    shown_name TEXT NOT NULL,
    roles TEXT NOT NULL,
    -- NULL: cleared for all.
    languages TEXT,
    severity_max INTEGER NOT NULL,
    ideologies TEXT,
    reviewer INTEGER UNIQUE,
    public_key TEXT,
    -- The password's hash and the sealed signing key, sealed under the folder's key.
    credential BLOB,
    -- How often the password was set: a login that began before the last time is void.
    settings INTEGER NOT NULL DEFAULT 0,
    only_case INTEGER,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE session (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    person INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    stepped_up_until INTEGER NOT NULL,
    sealed_seed BLOB NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE TABLE api_key (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_by INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_used_day INTEGER,
    revoked_at INTEGER,
    replaced_by INTEGER
);
CREATE TABLE link (
    hash BLOB PRIMARY KEY,
    purpose INTEGER NOT NULL,
    person INTEGER,
    only_case INTEGER,
    expires_at INTEGER NOT NULL
);
CREATE TABLE attempt (
    kind INTEGER NOT NULL,
    who BLOB NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    open_at INTEGER NOT NULL,
    PRIMARY KEY (kind, who)
) WITHOUT ROWID;
CREATE INDEX attempt_last ON attempt (last_at);
