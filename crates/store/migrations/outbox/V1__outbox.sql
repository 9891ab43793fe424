-- Instructions to the platform, in the order of the journal. `undone`: the inverse of this
-- one is here too. `perhaps_sent`: an attempt was begun, so it may have taken effect.
CREATE TABLE instruction (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    action INTEGER NOT NULL,
    effect INTEGER NOT NULL,
    order_key BLOB NOT NULL,
    not_before INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    perhaps_sent INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    round_attempts INTEGER NOT NULL DEFAULT 0,
    last_status INTEGER,
    last_error TEXT,
    settled_at INTEGER,
    payload BLOB,
    UNIQUE (action, effect)
);
CREATE INDEX instruction_due ON instruction (next_at, number) WHERE state = 0;
-- What may stand in the way of another: it waits, or it is a dead letter.
CREATE INDEX instruction_open ON instruction (order_key, number) WHERE state IN (0, 3);
CREATE INDEX instruction_state ON instruction (state, number);
-- How far the journal was read, and whether the endpoint said that it is gone.
CREATE TABLE reached (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seq INTEGER NOT NULL,
    gone_at INTEGER
);
INSERT INTO reached VALUES (1, 0, NULL);
