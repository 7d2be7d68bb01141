-- The tables of journal.sqlite, format 1. A change needs a new format number in journal.py.

-- One block is one row, written once. Heads stand before bodies, so that reading a head does not
-- touch the pages of the bodies.
CREATE TABLE blocks (
    seq    INTEGER PRIMARY KEY,
    epoch  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    format INTEGER NOT NULL,
    head   BLOB NOT NULL,
    bodies BLOB NOT NULL
);

-- The newest snapshot of each machine; no state: the machine is gone.
CREATE TABLE snapshots (
    machine   INTEGER PRIMARY KEY,
    upto      INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    state     BLOB,
    check_sum INTEGER NOT NULL
);

-- Facts about the journal itself: its format, and the highest number of a deleted block.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);

INSERT INTO meta VALUES ('format', 1), ('deleted_upto', 0);
