-- The tables of a database, format 1. A change is a new script (migration.py) and a new format.

CREATE SCHEMA headrace;

-- Facts about the database itself: its format.
CREATE TABLE headrace.meta (
    name  text PRIMARY KEY,
    value bigint NOT NULL
);

-- One row a shard: who may write it, until when by the database's clock, and the highest number of
-- a deleted block. The epoch stands in a unique index, so that a takeover waits for each write that
-- has looked at it (FOR KEY SHARE) and renewals do not.
CREATE TABLE headrace.shards (
    shard           integer PRIMARY KEY,
    epoch           bigint NOT NULL,
    token           text NOT NULL,
    owner           text NOT NULL,
    expires_at      timestamptz NOT NULL,
    backend         integer,
    backend_started timestamptz,
    deleted_upto    bigint NOT NULL,
    UNIQUE (shard, epoch)
) WITH (fillfactor = 50);

-- One block is one row, written once.
CREATE TABLE headrace.blocks (
    shard  integer NOT NULL,
    seq    bigint NOT NULL,
    epoch  bigint NOT NULL,
    at     bigint NOT NULL,
    format integer NOT NULL,
    head   bytea NOT NULL,
    bodies bytea NOT NULL,
    PRIMARY KEY (shard, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- The newest snapshot of each machine; no state: the machine is gone.
CREATE TABLE headrace.snapshots (
    shard     integer NOT NULL,
    machine   bigint NOT NULL,
    upto      bigint NOT NULL,
    kind      integer NOT NULL,
    state     bytea,
    check_sum bigint NOT NULL,
    PRIMARY KEY (shard, machine)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Code archives by their SHA-256.
CREATE TABLE headrace.blobs (
    shard   integer NOT NULL,
    digest  text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (shard, digest)
);

-- Bodies come compressed or they do not: trying again costs more than the insert.
ALTER TABLE headrace.blocks ALTER head SET STORAGE EXTERNAL, ALTER bodies SET STORAGE EXTERNAL;
ALTER TABLE headrace.snapshots ALTER state SET STORAGE EXTERNAL;
ALTER TABLE headrace.blobs ALTER content SET STORAGE EXTERNAL;

INSERT INTO headrace.meta VALUES ('format', 1);
