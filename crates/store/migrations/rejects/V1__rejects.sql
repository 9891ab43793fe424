-- Inputs that were refused, sealed under a key that is destroyed after a few days.
CREATE TABLE reject (
    number INTEGER PRIMARY KEY,
    import INTEGER NOT NULL,
    line INTEGER NOT NULL,
    place INTEGER,
    day INTEGER NOT NULL,
    code TEXT NOT NULL,
    whole INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (import, place, code)
);
CREATE TABLE day_key (
    day INTEGER PRIMARY KEY,
    secret BLOB NOT NULL
);
