/**
 * Tables of the outbox file. `PRAGMA user_version` numbers the layout; `application_id` tells our file from
 * any other SQLite file that may stand at the same place. A new file goes through all layouts, so that it cannot
 * differ from one that was brought up from an older agent's.
 */
export const OUTBOX_APPLICATION_ID = 0x43594f42 // "CYOB"

const layout1 = `
CREATE TABLE outbox (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  id TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  -- Cumulative since the file was made; changed in the transaction that causes the change.
  accepted_readings INTEGER NOT NULL DEFAULT 0,
  imported_readings INTEGER NOT NULL DEFAULT 0,
  dropped_readings INTEGER NOT NULL DEFAULT 0,
  -- What stands in the batch table now; kept by the triggers below, so that asking costs nothing.
  batches INTEGER NOT NULL DEFAULT 0,
  readings INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE batch (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  lane INTEGER NOT NULL CHECK (lane IN (0, 1)), -- 0 live, 1 backlog
  sealed_ms INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  dropped TEXT, -- JSON of the drop reports that this batch carries
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX batch_live ON batch (sealed_ms) WHERE lane = 0;
CREATE INDEX batch_first ON batch (first_ms);

CREATE TRIGGER batch_added AFTER INSERT ON batch BEGIN
  UPDATE outbox SET batches = batches + 1, readings = readings + NEW.readings, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER batch_removed AFTER DELETE ON batch BEGIN
  UPDATE outbox SET batches = batches - 1, readings = readings - OLD.readings, bytes = bytes - OLD.bytes;
END;

-- Drops that no batch has reported yet, one row per reason.
CREATE TABLE dropped (
  reason TEXT PRIMARY KEY,
  readings INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL
) STRICT;

-- Which readings came in by import, so that the same or an overlapping file brings none of them twice.
CREATE TABLE imported_point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE imported_reading (
  point_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (point_id, at_ms)
) STRICT, WITHOUT ROWID;
`

/** Events, checkpoints, commands, and what is known about the clock. */
const layout2 = `
ALTER TABLE outbox ADD COLUMN accepted_events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN dropped_events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
-- Batches up to here may have been sent at some time: their content stands. Later ones never were.
ALTER TABLE outbox ADD COLUMN sent_through INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET sent_through = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'batch'), 0);
-- The latest instant that a trusted clock has shown; and for the boot in which the time was last known for certain,
-- the true time less the time since boot.
ALTER TABLE outbox ADD COLUMN clock_high_ms INTEGER;
ALTER TABLE outbox ADD COLUMN known_boot TEXT;
ALTER TABLE outbox ADD COLUMN known_base_ms INTEGER;

ALTER TABLE batch ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
-- Several batches in one: when the first of them was sealed; sealed_ms is then the last one's.
ALTER TABLE batch ADD COLUMN sealed_from_ms INTEGER;
ALTER TABLE dropped ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batch_backlog ON batch (sequence) WHERE lane = 1;

DROP TRIGGER batch_added;
DROP TRIGGER batch_removed;
CREATE TRIGGER batch_added AFTER INSERT ON batch BEGIN
  UPDATE outbox SET batches = batches + 1, readings = readings + NEW.readings, events = events + NEW.events,
    bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER batch_removed AFTER DELETE ON batch BEGIN
  UPDATE outbox SET batches = batches - 1, readings = readings - OLD.readings, events = events - OLD.events,
    bytes = bytes - OLD.bytes;
END;
CREATE TRIGGER batch_rewritten AFTER UPDATE OF readings, events, bytes ON batch BEGIN
  UPDATE outbox SET readings = readings + NEW.readings - OLD.readings, events = events + NEW.events - OLD.events,
    bytes = bytes + NEW.bytes - OLD.bytes;
END;

-- How far a device's own log was read, in its driver's words.
CREATE TABLE checkpoint (device TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Commands of the hub, in the order of their arrival.
CREATE TABLE command (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL,
  target TEXT NOT NULL,
  body TEXT NOT NULL, -- JSON
  step TEXT NOT NULL,
  uncertain INTEGER NOT NULL DEFAULT 0,
  message TEXT,
  changed_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, -- by the hub's clock
  boot TEXT NOT NULL, -- boot in which it came, and its end in milliseconds since that boot
  expires_boot_ms INTEGER NOT NULL,
  acknowledged INTEGER NOT NULL DEFAULT 0 -- the hub has its final step
) STRICT;
CREATE INDEX command_open ON command (number) WHERE acknowledged = 0;

-- Times in which the clock was not known to be right. Live batches from first_sequence up to end_sequence (null: up
-- to now) are stamped with base_ms + time since boot and wait until that can be put right.
CREATE TABLE clock_session (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  boot TEXT NOT NULL,
  base_ms INTEGER NOT NULL,
  plausible INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  end_sequence INTEGER,
  shift_ms INTEGER, -- set: known, and batches are being rewritten
  uncertain INTEGER NOT NULL DEFAULT 0 -- the shift is only a bound
) STRICT;
`

/** Statements that lead from one layout to the next; the first makes an empty file ours. */
export const outboxLayouts: readonly string[] = [layout1, layout2]
export const OUTBOX_LAYOUT = outboxLayouts.length
