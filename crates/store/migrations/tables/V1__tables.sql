-- Folds of the log: everything here can be made again.
CREATE TABLE activity (
    hour INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (hour, kind)
) WITHOUT ROWID;
CREATE TABLE field_event (
    position INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
);
-- The last position folded in.
CREATE TABLE reached (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL
);
INSERT INTO reached VALUES (1, 0);
