-- Own ids of accounts and what erasing destroys: name and secret.
CREATE TABLE account (
    own INTEGER PRIMARY KEY,
    name_hash BLOB NOT NULL UNIQUE,
    name BLOB NOT NULL,
    secret BLOB NOT NULL
);
-- Tombstones: an own id whose name and secret were destroyed.
CREATE TABLE erased (
    own INTEGER PRIMARY KEY,
    erased_at INTEGER NOT NULL
);
