-- Writes that were asked under an idempotency key, and what they were answered.
CREATE TABLE request (
    -- Keyed hash of who asked and of their key.
    key BLOB PRIMARY KEY,
    -- Keyed hash of what was asked: another request under the same key is refused.
    asked BLOB NOT NULL,
    at INTEGER NOT NULL,
    -- NULL while it runs.
    status INTEGER,
    answer BLOB
) WITHOUT ROWID;
CREATE INDEX request_at ON request (at);
