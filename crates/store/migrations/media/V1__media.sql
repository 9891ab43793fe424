-- Files of media, one row each; `name` is a keyed hash of the file's SHA-256, `secret` what its
-- key is derived from: deleting the row makes the file unreadable, wherever a copy lies.
CREATE TABLE object (
    name BLOB PRIMARY KEY,
    secret BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
-- What was made of a file, such as a thumbnail, sealed under the file's own key.
CREATE TABLE derived (
    name BLOB NOT NULL,
    look INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (name, look)
) WITHOUT ROWID;
-- Files marked as suspected child abuse. `hashes`: their SHA-256 and perceptual hashes, sealed. `journaled`:
-- the journal tells of it too.
CREATE TABLE mark (
    name BLOB PRIMARY KEY,
    by TEXT NOT NULL,
    reviewer INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    at INTEGER NOT NULL,
    journaled INTEGER NOT NULL,
    handed_over_at INTEGER
) WITHOUT ROWID;
-- Leave to open one original once; only the hash of the grant's token is kept.
CREATE TABLE leave (
    hash BLOB PRIMARY KEY,
    name BLOB NOT NULL,
    person INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
-- Every look at a file, by whom and in which case. What is looked at: 1 a thumbnail, 2 an
-- original, 3 a marked file that is handed over.
CREATE TABLE reading (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name BLOB NOT NULL,
    person INTEGER NOT NULL,
    what INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    at INTEGER NOT NULL
);
