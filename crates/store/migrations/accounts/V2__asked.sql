-- Erasures asked for and not yet carried out by the nightly run.
CREATE TABLE asked (
    own INTEGER PRIMARY KEY,
    asked_at INTEGER NOT NULL
);
