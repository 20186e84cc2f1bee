import { Counter, collectDefaultMetrics, Gauge, Registry, type MetricConfiguration } from 'prom-client'
import type { AgentState } from './agent-state.ts'

type Value = readonly [value: number, labels?: Readonly<Record<string, string>>]

interface Definition {
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter'
  readonly labels?: readonly string[]
  readonly values: (state: AgentState) => readonly Value[]
}

const perBus = (of: (bus: AgentState['buses'][number]) => number) => (state: AgentState) =>
  state.buses.map((bus): Value => [of(bus), { bus: bus.key }])
const perDevice =
  (of: (device: AgentState['buses'][number]['devices'][number]) => number | null) => (state: AgentState) =>
    state.buses.flatMap((bus) =>
      bus.devices.flatMap((device): Value[] => {
        const value = of(device)
        return value === null ? [] : [[value, { bus: bus.key, device: device.key }]]
      }),
    )
const device = ['bus', 'device'] as const

const definitions: readonly Definition[] = [
  { name: 'readings_accepted_total', kind: 'counter', help: 'Readings written to the outbox, since it was made', values: (s) => [[s.outbox.acceptedReadings]] },
  { name: 'readings_imported_total', kind: 'counter', help: 'Readings brought in by import, since the outbox was made', values: (s) => [[s.outbox.importedReadings]] },
  { name: 'readings_dropped_total', kind: 'counter', help: 'Readings lost to a full or aged outbox or a full disk', values: (s) => [[s.outbox.droppedReadings]] },
  { name: 'events_accepted_total', kind: 'counter', help: 'Events written to the outbox, since it was made', values: (s) => [[s.outbox.acceptedEvents]] },
  { name: 'events_dropped_total', kind: 'counter', help: 'Events lost to a full or aged outbox or a full disk', values: (s) => [[s.outbox.droppedEvents]] },
  { name: 'clock_trusted', kind: 'gauge', help: '0: started with a clock that cannot be right, readings wait for the time', values: (s) => [[s.clock.isTrusted ? 1 : 0]] },
  { name: 'clock_offset_seconds', kind: 'gauge', help: "Hub's time less the system's clock, as far as it is known", values: (s) => (s.clock.offsetMs === null ? [] : [[s.clock.offsetMs / 1000]]) },
  { name: 'outbox_batches', kind: 'gauge', help: 'Batches that wait', values: (s) => [[s.outbox.batches]] },
  { name: 'outbox_readings', kind: 'gauge', help: 'Readings that wait', values: (s) => [[s.outbox.readings]] },
  { name: 'outbox_events', kind: 'gauge', help: 'Events that wait', values: (s) => [[s.outbox.events]] },
  { name: 'outbox_bytes', kind: 'gauge', help: 'Bytes of batches that wait', values: (s) => [[s.outbox.bytes]] },
  { name: 'outbox_oldest_age_seconds', kind: 'gauge', help: 'Age of the oldest reading that waits', values: (s) => [[s.outbox.oldestAtMs === null ? 0 : (s.atMs - s.outbox.oldestAtMs) / 1000]] },
  { name: 'uplink_connected', kind: 'gauge', help: '1 while a session with the hub is open', values: (s) => [[s.uplink.connected ? 1 : 0]] },
  { name: 'uplink_in_flight_batches', kind: 'gauge', help: 'Batches sent and not acknowledged', values: (s) => [[s.uplink.inFlightBatches]] },
  { name: 'uplink_sent_batches_total', kind: 'counter', help: 'Batches sent for the first time in a session', values: (s) => [[s.uplink.counters.sentBatches]] },
  { name: 'uplink_sent_readings_total', kind: 'counter', help: 'Readings and events in those batches', values: (s) => [[s.uplink.counters.sentReadings]] },
  { name: 'uplink_resent_batches_total', kind: 'counter', help: 'Batches sent again for lack of an acknowledgement', values: (s) => [[s.uplink.counters.resentBatches]] },
  { name: 'uplink_acks_total', kind: 'counter', help: 'Acknowledgements by status', labels: ['status'], values: (s) => Object.entries(s.uplink.counters.acks).map(([status, count]): Value => [count, { status }]) },
  { name: 'certificate_expires_seconds', kind: 'gauge', help: 'End of the certificate, seconds since the epoch', values: (s) => (s.uplink.certificateExpiresAtMs === null ? [] : [[s.uplink.certificateExpiresAtMs / 1000]]) },
  { name: 'bus_connected', kind: 'gauge', help: '1 while the bus is connected', labels: ['bus'], values: perBus((bus) => (bus.connected ? 1 : 0)) },
  { name: 'bus_load_ratio', kind: 'gauge', help: 'Busy share of the last minute', labels: ['bus'], values: perBus((bus) => bus.load) },
  { name: 'bus_missed_deadlines_total', kind: 'counter', help: 'Polls not complete when the next was due', labels: ['bus'], values: perBus((bus) => bus.missedDeadlines) },
  { name: 'device_online', kind: 'gauge', help: '1 online, 0.5 degraded, 0 otherwise', labels: device, values: perDevice((d) => (d.state === 'online' ? 1 : d.state === 'degraded' ? 0.5 : 0)) },
  { name: 'device_latency_seconds', kind: 'gauge', help: 'Time of the last reply', labels: device, values: perDevice((d) => (d.latencyMs === null ? null : d.latencyMs / 1000)) },
  { name: 'device_requests_total', kind: 'counter', help: 'Requests sent', labels: device, values: perDevice((d) => d.requests) },
  { name: 'device_errors_total', kind: 'counter', help: 'Requests that failed or were refused', labels: device, values: perDevice((d) => d.errors) },
  { name: 'device_missed_deadlines_total', kind: 'counter', help: 'Polls not complete when the next was due', labels: device, values: perDevice((d) => d.missedDeadlines) },
] // prettier-ignore

/** Metrics of the agent and its process; values are taken when they are asked for. */
export function createMetrics(readState: () => AgentState): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'courtyard_edge_' })
  for (const definition of definitions) {
    const configuration: MetricConfiguration<string> = {
      name: `courtyard_edge_${definition.name}`,
      help: definition.help,
      labelNames: [...(definition.labels ?? [])],
      registers: [registry],
    }
    const collect = (
      metric: { reset(): void },
      set: (labels: Record<string, string>, value: number) => void,
    ) => {
      metric.reset()
      for (const [value, labels = {}] of definition.values(readState())) set(labels, value)
    }
    if (definition.kind === 'gauge') {
      new Gauge({
        ...configuration,
        collect() {
          collect(this, (labels, value) => this.set(labels, value))
        },
      })
    } else {
      new Counter({
        ...configuration,
        collect() {
          collect(this, (labels, value) => this.inc(labels, value))
        },
      })
    }
  }
  return registry
}
