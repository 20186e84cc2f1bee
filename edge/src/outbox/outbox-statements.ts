import type { DatabaseSync, StatementSync } from 'node:sqlite'

export type Statements = ReturnType<typeof prepareStatements>

/** Every statement of the outbox, prepared once. */
export function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  return {
    identity: prepare('SELECT id FROM outbox'),
    totals: prepare('SELECT *, (SELECT min(first_ms) FROM batch) AS oldest FROM outbox'),
    lastSequence: prepare("SELECT seq FROM sqlite_sequence WHERE name = 'batch'"),
    insert: prepare(
      'INSERT INTO batch (sequence, lane, sealed_ms, readings, events, bytes, first_ms, last_ms, dropped, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    remove: prepare('DELETE FROM batch WHERE sequence = ?'),
    newestLive: prepare(
      `SELECT sequence, readings + events AS size FROM batch
       WHERE lane = 0 AND sealed_ms >= ? AND NOT (sequence >= ? AND sequence < ?)
       ORDER BY sealed_ms DESC, sequence DESC LIMIT ?`,
    ),
    oldest: prepare(
      'SELECT sequence, readings + events AS size FROM batch WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?',
    ),
    oldestBacklog: prepare(
      'SELECT sequence, readings + events AS size FROM batch WHERE lane = 1 AND sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?',
    ),
    oldestRow: prepare(
      `SELECT batch.sequence, batch.readings, batch.events, lane, sealed_ms, first_ms, last_ms, dropped,
         (SELECT bytes FROM outbox) AS total_bytes FROM batch ORDER BY sequence LIMIT 1`,
    ),
    payload: prepare('SELECT payload FROM batch WHERE sequence = ?'),
    addAccepted: prepare(
      'UPDATE outbox SET accepted_readings = accepted_readings + ?, accepted_events = accepted_events + ?',
    ),
    addImported: prepare('UPDATE outbox SET imported_readings = imported_readings + ?'),
    addDropped: prepare(
      'UPDATE outbox SET dropped_readings = dropped_readings + ?, dropped_events = dropped_events + ?',
    ),
    pendingDropped: prepare('SELECT readings, events, from_ms, to_ms, reason FROM dropped ORDER BY reason'),
    clearDropped: prepare('DELETE FROM dropped'),
    mergeDropped: prepare(
      `INSERT INTO dropped (reason, readings, events, from_ms, to_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (reason) DO UPDATE SET readings = readings + excluded.readings,
         events = events + excluded.events,
         from_ms = min(from_ms, excluded.from_ms), to_ms = max(to_ms, excluded.to_ms)`,
    ),
    checkpoint: prepare('SELECT text FROM checkpoint WHERE device = ?'),
    setCheckpoint: prepare(
      'INSERT INTO checkpoint (device, text) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET text = excluded.text',
    ),
    sentThrough: prepare('SELECT sent_through FROM outbox'),
    setSentThrough: prepare('UPDATE outbox SET sent_through = ?'),
    addImportedPoint: prepare('INSERT OR IGNORE INTO imported_point (name) VALUES (?)'),
    importedPoint: prepare('SELECT id FROM imported_point WHERE name = ?'),
    addImportedReading: prepare('INSERT OR IGNORE INTO imported_reading (point_id, at_ms) VALUES (?, ?)'),
  }
}
