-- has_tables: Tell whether this database was ever used.
SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'headrace' AND tablename = 'meta');

-- format: Find the format of the database.
SELECT value FROM headrace.meta WHERE name = 'format';

-- lock_schema: Have this session alone look at the format and change it.
SELECT pg_advisory_xact_lock(7235418326091);

-- add_shard: Make the row of a shard that nobody has owned.
INSERT INTO shards (shard, epoch, token, owner, expires_at, deleted_upto)
VALUES ($1, 0, '', '', clock_timestamp(), 0) ON CONFLICT DO NOTHING;

-- end_session: End the session through which the last owner wrote, so that it holds nothing back.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
JOIN shards ON pid = backend AND backend_start = backend_started
WHERE shard = $1 AND (token = $2 OR $3 AND expires_at <= clock_timestamp())
    AND pid <> pg_backend_pid();

-- take: Raise the epoch if the lease is ours or, where that may be, over; become the owner.
UPDATE shards SET
    epoch = epoch + 1,
    token = $2,
    owner = $4,
    expires_at = clock_timestamp() + $5 * interval '1 millisecond',
    backend = pg_backend_pid(),
    backend_started =
        (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
WHERE shard = $1 AND (token = $2 OR $3 AND expires_at <= clock_timestamp())
RETURNING epoch;

-- renew: Put the end of the lease off, if it is still ours.
UPDATE shards SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
WHERE shard = $1 AND token = $2
RETURNING 1;

-- release: End the lease now, if it is still ours.
UPDATE shards SET expires_at = clock_timestamp(), backend = NULL WHERE shard = $1 AND token = $2;

-- holder: Tell who has the lease and for how many milliseconds more.
SELECT owner, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint AS left_ms
FROM shards WHERE shard = $1;

-- append: Write one block if the epoch is still ours; fails when its number is taken.
INSERT INTO blocks (shard, seq, epoch, at, format, head, bodies)
SELECT shard, $3, epoch, $4, $5, $6, $7 FROM shards WHERE shard = $1 AND epoch = $2 FOR KEY SHARE
RETURNING 1;

-- is_written: Tell whether a block was written under an epoch.
SELECT EXISTS (SELECT FROM blocks WHERE shard = $1 AND seq = $3 AND epoch = $2);

-- last_seq: Find the number of the newest block that was ever written.
SELECT greatest(
    (SELECT seq FROM blocks WHERE shard = $1 ORDER BY seq DESC LIMIT 1),
    (SELECT deleted_upto FROM shards WHERE shard = $1)
);

-- heads: Read what replay needs of the blocks behind a number, up to so many rows and bytes.
SELECT seq, at, format, head, bodies_bytes
FROM (
    SELECT seq, at, format, head, octet_length(bodies) AS bodies_bytes,
        sum(octet_length(head)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING)
            - octet_length(head) AS bytes_before
    FROM (SELECT * FROM blocks WHERE shard = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS next
) AS measured
WHERE bytes_before < $4
ORDER BY seq;

-- bodies: Read the bodies parts of some blocks.
SELECT seq, bodies FROM blocks WHERE shard = $1 AND seq = ANY($2);

-- snapshots: Read the newest snapshot of each machine.
SELECT machine, upto, kind, state, check_sum FROM snapshots WHERE shard = $1 ORDER BY machine;

-- write_snapshots: Replace the snapshots of some machines if the epoch is still ours.
WITH held AS (SELECT shard FROM shards WHERE shard = $1 AND epoch = $2 FOR KEY SHARE),
written AS (
    INSERT INTO snapshots (shard, machine, upto, kind, state, check_sum)
    SELECT held.shard, row.* FROM held,
        unnest($3::bigint[], $4::bigint[], $5::integer[], $6::bytea[], $7::bigint[]) AS row
    ON CONFLICT (shard, machine) DO UPDATE SET
        upto = excluded.upto, kind = excluded.kind, state = excluded.state,
        check_sum = excluded.check_sum
)
SELECT 1 FROM held;

-- drop_tombstones: Remove what says of machines that they are gone, if the epoch is still ours.
WITH held AS (SELECT shard FROM shards WHERE shard = $1 AND epoch = $2 FOR KEY SHARE),
dropped AS (
    DELETE FROM snapshots USING held
    WHERE snapshots.shard = held.shard AND state IS NULL AND upto <= $3
)
SELECT 1 FROM held;

-- delete_blocks: Remove blocks if the epoch is still ours, and remember the highest number.
WITH held AS (
    UPDATE shards SET deleted_upto = greatest(deleted_upto, $4) WHERE shard = $1 AND epoch = $2
    RETURNING shard
),
deleted AS (DELETE FROM blocks USING held WHERE blocks.shard = held.shard AND seq = ANY($3))
SELECT 1 FROM held;

-- put_blob: Keep an archive.
INSERT INTO blobs (shard, digest, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- blob: Read an archive.
SELECT content FROM blobs WHERE shard = $1 AND digest = $2;

-- keep_blobs: Remove all archives but these, if the epoch is still ours.
WITH held AS (SELECT shard FROM shards WHERE shard = $1 AND epoch = $2 FOR KEY SHARE),
deleted AS (
    DELETE FROM blobs USING held WHERE blobs.shard = held.shard AND NOT digest = ANY($3)
)
SELECT 1 FROM held;

-- block_numbers: List the blocks.
SELECT seq FROM blocks WHERE shard = $1 ORDER BY seq;

-- block: Read a whole block.
SELECT seq, epoch, at, format, head, bodies FROM blocks WHERE shard = $1 AND seq = $2;

-- highest: Find the highest block number that was ever used.
SELECT greatest(
    (SELECT max(seq) FROM blocks WHERE shard = $1),
    (SELECT max(upto) FROM snapshots WHERE shard = $1),
    (SELECT deleted_upto FROM shards WHERE shard = $1),
    0
);

-- machines: List the machines that have a snapshot.
SELECT machine FROM snapshots WHERE shard = $1 ORDER BY machine;

-- snapshot: Read the snapshot of a machine.
SELECT machine, upto, kind, state, check_sum FROM snapshots WHERE shard = $1 AND machine = $2;

-- digests: List the archives.
SELECT digest FROM blobs WHERE shard = $1 ORDER BY digest;
