import type { StatusMessage } from '@courtyard/protocols/contract'
import type { OutboxTotals } from '../outbox/index.ts'
import type { DeviceSnapshot } from '../polling/device-health.ts'
import type { UplinkSnapshot } from '../uplink/index.ts'
import type { ProcessHealth } from './health-meter.ts'

/** All that the status page, the metrics and the status message show, taken at one instant. */
export interface AgentState {
  readonly name: string
  readonly version: string
  readonly atMs: number
  readonly startedAtMs: number
  /** Of the running configuration; equal to the catalogue's. */
  readonly catalogueRevision: string
  /** Revision from the hub that runs; null: the box's own file. */
  readonly configRevision: string | null
  readonly outbox: OutboxTotals & { readonly id: string; readonly maxBytes: number }
  readonly uplink: UplinkSnapshot
  readonly clock: {
    /** Hub's time less the system's clock; null before the hub has said its time. */
    readonly offsetMs: number | null
    /** False: started with a clock that cannot be right, and readings wait for the time. */
    readonly isTrusted: boolean
  }
  readonly process: ProcessHealth
  readonly buses: readonly BusState[]
}

export interface BusState {
  readonly key: string
  readonly driver: string
  readonly address: string
  readonly connected: boolean
  readonly load: number
  readonly missedDeadlines: number
  readonly devices: readonly (DeviceSnapshot & { readonly name: string })[]
}

/** The state as the contract wants it. */
export function toStatusMessage(state: AgentState): StatusMessage {
  const { batches, readings, events, bytes, oldestAtMs, droppedReadings } = state.outbox
  return {
    v: 1,
    atMs: state.atMs,
    version: state.version,
    startedAtMs: state.startedAtMs,
    outbox: { batches, readings, events, bytes, oldestAtMs, droppedReadings },
    health: {
      ...state.process,
      clockOffsetMs: state.clock.offsetMs,
      clockTrusted: state.clock.isTrusted,
      configRevision: state.configRevision,
      certificateExpiresAtMs: state.uplink.certificateExpiresAtMs,
    },
    buses: state.buses.map(({ key, driver, address, connected, load, missedDeadlines }) => ({
      key,
      driver,
      address,
      connected,
      load: Math.round(load * 10_000) / 10_000,
      missedDeadlines,
    })),
    devices: state.buses.flatMap((bus) =>
      bus.devices.map(({ key, state: deviceState, lastGoodAtMs, latencyMs, requests, errors, message }) => ({
        key,
        state: deviceState,
        lastGoodAtMs,
        latencyMs: latencyMs === null ? null : Math.round(latencyMs * 100) / 100,
        requests,
        errors,
        message,
      })),
    ),
  }
}
