/** What comes over the broker: batches as bytes and as text, through the hub's decisions, and the other messages. */
import {
  CatalogueMessage,
  CertificateRequest,
  CommandReport,
  ConfigReport,
  PresenceMessage,
  ResponseMessage,
  SchemaMessage,
  StatusMessage,
  type DeviceEvent,
  type Reading,
} from '@courtyard/protocols/contract'
import { decodeBatch, encodeBatch, packBatch } from '@courtyard/protocols/wire'
import { takeIn } from '../../../hub/src/modules/telemetry/domain/intake.ts'
import type { FuzzTarget } from './fuzz-run.ts'
import { json, textOf, zstd } from './input.ts'

export function hubTargets(): FuzzTarget[] {
  return [batchBytes(), batchText(), messages()]
}

const NOW_MS = Date.UTC(2026, 10, 21)
const identity = { outbox: '5b0d4d52-9a0e-4a8e-8f0e-6f2d3a1c9b7e', sequence: 7 }
const readings: Reading[] = Array.from({ length: 12 }, (_, i) => ({
  point: `meter-${i % 3}/energyImport`,
  atMs: NOW_MS + i * 1_000,
  mantissa: i === 5 ? null : 1_000 + i,
  scale: 2,
  quality: i === 5 ? 3 : 0,
}))
const event: DeviceEvent = {
  id: 'a',
  device: 'door-1',
  atMs: NOW_MS,
  type: 'door',
  door: '1',
  state: 'opened',
}
const batch = decodeBatch(encodeBatch(identity, readings, [], [event]))

/** The hub's way of a batch up to the database: decode, then decide point by point. */
function ingest(payload: Uint8Array): boolean {
  const { taken, held } = takeIn(
    decodeBatch(payload),
    (key) => (key.startsWith('meter-') ? { id: key.length, scale: 2 } : undefined),
    NOW_MS,
  )
  for (const { atMs, mantissas } of taken) {
    if (!atMs.every(Number.isSafeInteger)) throw new Error('an instant that is no exact number was taken')
    if (!mantissas.every((each) => each === null || Number.isSafeInteger(each))) {
      throw new Error('a value that is no exact number was taken')
    }
  }
  return taken.length > 0 && held.length === 0
}

function batchBytes(): FuzzTarget {
  return { codec: 'batch bytes', seeds: [packBatch(batch)], take: ingest }
}

/** Damaged before it is compressed, so that the damage gets past zstd. */
function batchText(): FuzzTarget {
  return { codec: 'batch text', seeds: [json(batch)], take: (input) => ingest(zstd(input)) }
}

const schemas = [CatalogueMessage, StatusMessage, PresenceMessage, CommandReport, ConfigReport, ResponseMessage, SchemaMessage, CertificateRequest] // prettier-ignore
const id = identity.outbox

function messages(): FuzzTarget {
  const point = { key: 'energyImport', label: { zh: '电', en: 'e' }, kind: 'register', code: '1-0:1.8.0', unit: 'kWh', scale: 2, intervalMs: 60_000 } // prettier-ignore
  const device = { key: 'm', name: 'm', profile: 'p', manufacturer: 'x', model: 'y', medium: 'electricity', driver: 'modbus', bus: 'b', address: 'a', points: [point] } // prettier-ignore
  return {
    codec: 'contract messages',
    seeds: [
      json({ v: 1, revision: '12345678', devices: [device] }),
      json({ v: 1, online: true }),
      json({ v: 1, id, step: 'confirmed', atMs: NOW_MS, uncertain: false, message: null }),
      json({
        v: 1,
        revision: id,
        state: 'refused',
        atMs: NOW_MS,
        issues: [{ path: 'buses[0]', reason: 'x' }],
      }),
      json({ v: 1, id, error: null, result: { lines: [] } }),
      json({ v: 1, csr: 'x'.repeat(120) }),
    ],
    take(input) {
      let message: unknown
      try {
        message = JSON.parse(textOf(input))
      } catch {
        return false
      }
      return schemas.map((schema) => schema.safeParse(message).success).includes(true)
    },
  }
}
