-- Entries of knowledge, each sealed under a secret of its own, which destroying deletes.
CREATE TABLE entry (
    number INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    secret BLOB NOT NULL,
    commitment BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX entry_kind ON entry (kind, number);
-- Tombstones: entries whose secret and body were destroyed. What committed to them stays, so
-- that the versions they were part of can still be verified.
CREATE TABLE destroyed (
    number INTEGER PRIMARY KEY,
    destroyed_at INTEGER NOT NULL,
    commitment BLOB NOT NULL
);
