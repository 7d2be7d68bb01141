-- append: Write one block; fails when its number is taken.
INSERT INTO blocks (seq, epoch, at, format, head, bodies) VALUES (?, ?, ?, ?, ?, ?);

-- last_seq: Find the number of the newest block that was ever written.
SELECT max(
    coalesce((SELECT max(seq) FROM blocks), 0),
    (SELECT value FROM meta WHERE name = 'deleted_upto')
);

-- heads: Read what replay needs of the blocks behind a number.
SELECT seq, at, format, head, length(bodies) FROM blocks WHERE seq > ? ORDER BY seq LIMIT ?;

-- bodies: Read the bodies part of a block.
SELECT bodies FROM blocks WHERE seq = ?;

-- delete_block: Remove a block.
DELETE FROM blocks WHERE seq = ?;

-- deleted_upto: Remember the highest number that was deleted, so that it is not used again.
UPDATE meta SET value = max(value, ?) WHERE name = 'deleted_upto';

-- format: Find the format of the file.
SELECT value FROM meta WHERE name = 'format';

-- tables: Count the tables; 0 says that the file is new.
SELECT count(*) FROM sqlite_schema WHERE type = 'table';

-- snapshots: Read the newest snapshot of each machine.
SELECT machine, upto, kind, state, check_sum FROM snapshots ORDER BY machine;

-- write_snapshot: Replace a machine's snapshot.
INSERT OR REPLACE INTO snapshots (machine, upto, kind, state, check_sum) VALUES (?, ?, ?, ?, ?);

-- drop_tombstones: Remove what says of machines that they are gone, up to a block.
DELETE FROM snapshots WHERE state IS NULL AND upto <= ?;

-- block_numbers: List the blocks.
SELECT seq FROM blocks ORDER BY seq;

-- highest_block: Find the highest block number.
SELECT max(seq) FROM blocks;

-- highest_deleted: Find the highest number of a deleted block.
SELECT value FROM meta WHERE name = 'deleted_upto';

-- highest_snapshot: Find the newest block that a snapshot reflects.
SELECT max(upto) FROM snapshots;

-- block: Read a whole block.
SELECT seq, epoch, at, format, head, bodies FROM blocks WHERE seq = ?;
