/**
 * Tables of the outbox file. `PRAGMA user_version` numbers the layout; `application_id` tells our file from
 * any other SQLite file that may stand at the same place.
 */
export const OUTBOX_LAYOUT = 1
export const OUTBOX_APPLICATION_ID = 0x43594f42 // "CYOB"

export const outboxTables = `
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
