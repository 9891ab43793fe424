-- One run of positions of the event log. The plain columns are what replay orders
-- and counts by; the body is sealed under the account's key.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    account INTEGER,
    other INTEGER,
    id_hash BLOB NOT NULL,
    commitment BLOB NOT NULL,
    body BLOB NOT NULL
);
-- One row once the run is closed: its bounds and the filter of its ids.
CREATE TABLE closed (
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    received_last INTEGER NOT NULL,
    filter BLOB NOT NULL
);
-- How far each unfinished source was taken in; committed with its events.
CREATE TABLE cursor (
    source BLOB PRIMARY KEY,
    state BLOB NOT NULL
) WITHOUT ROWID;
