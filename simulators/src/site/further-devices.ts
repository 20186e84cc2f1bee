/**
 * What 梧桐苑 has besides its Modbus meters: two terminals at doors, a line of electricity meters with relay, a line
 * with a valve water meter. None of them belongs to a room, so no bill knows them.
 */
import type { Cjt188MeterOptions } from '../cjt188/index.ts'
import type { Dlt645MeterOptions } from '../dlt645/index.ts'
import { INSTALLED_AT_MS } from '../load/calendar.ts'
import { chance, hash32, streamOf } from '../random.ts'
import { peopleOf, type Person } from './people.ts'
import type { Account } from './site.types.ts'

export interface Terminal {
  readonly key: string
  readonly name: string
  readonly kind: 'attendance' | 'access'
  readonly profile: string
  readonly people: readonly Person[]
}

/** A meter on a line; `powerW` or `flowM3h` is what it draws as long as it is let. */
interface LineMeter {
  readonly key: string
  readonly name: string
  readonly profile: string
  readonly address: string
}
export interface RelayMeter extends LineMeter {
  readonly phases: 1 | 3
  readonly powerW: number
  /** Level and password, then the operator code, as the gateway has to know them. */
  readonly password: string
  readonly operatorCode: string
}
export interface ValveMeter extends LineMeter {
  readonly flowM3h: number
}

export interface FurtherDevices {
  readonly terminals: readonly Terminal[]
  readonly line645: readonly RelayMeter[]
  readonly line188: readonly ValveMeter[]
}

/** Listeners in the order of their ports. */
export const FURTHER_ENDPOINTS = ['doors-office', 'doors-b1', 'line645', 'line188'] as const
export type FurtherPorts = Readonly<Record<(typeof FURTHER_ENDPOINTS)[number], number>>

const RELAY_METERS = [
  { key: 'sign-1-e', name: '1号门头广告屏 电表', phases: 1, powerW: 640 },
  { key: 'kiosk-1-e', name: '1号自助售货亭 电表', phases: 1, powerW: 980 },
  { key: 'ev-box-e', name: '地面充电桩总箱 电表', phases: 3, powerW: 6_200 },
] as const

export function furtherDevicesOf(seed: number, households: readonly Account[]): FurtherDevices {
  const people = peopleOf(seed, households)
  return {
    terminals: [
      { key: 'office-terminal', name: '物业办公室考勤机', kind: 'attendance', profile: 'zkteco-attendance-tcp', people: people.staff },
      { key: 'b1-door', name: '1栋门口门禁机', kind: 'access', profile: 'zkteco-access-f-series', people: people.residents },
    ],
    line645: RELAY_METERS.map((meter, index) => relayMeter(seed, meter, index)),
    line188: [
      {
        key: 'garden-w',
        name: '绿化浇灌 阀控水表',
        profile: 'cjt188-2018-water-valve',
        address: `7833${digits(seed, 'garden-w', 8)}01`,
        flowM3h: 0.18 + Math.round(10 * chance(streamOf(seed, 'garden-w'), 1)) / 100,
      },
    ],
  } // prettier-ignore
}

function relayMeter(seed: number, meter: (typeof RELAY_METERS)[number], index: number): RelayMeter {
  const spread = 0.9 + 0.2 * chance(streamOf(seed, meter.key), 1)
  return {
    ...meter,
    profile: meter.phases === 3 ? 'dlt645-2007-three-phase-relay' : 'dlt645-2007-single-phase-relay',
    address: `2211${digits(seed, meter.key, 6)}${String(index + 1).padStart(2, '0')}`,
    powerW: Math.round(meter.powerW * spread),
    password: `02${digits(seed, `${meter.key} password`, 6)}`,
    operatorCode: digits(seed, `${meter.key} operator`, 8),
  }
}

/** Registers are a function of the instant, as if nobody had ever been cut off: a restart never turns them back. */
export function dlt645MeterAt(meter: RelayMeter, atMs: number): Dlt645MeterOptions {
  const { address, phases, powerW, password } = meter
  const energyKwh = (powerW / 1_000) * hoursSinceInstallation(atMs)
  return { address, phases, powerW, password, energyKwh, relayDelayMs: 800 }
}

export function cjt188MeterAt({ address, flowM3h }: ValveMeter, atMs: number): Cjt188MeterOptions {
  const volumeM3 = flowM3h * hoursSinceInstallation(atMs)
  return { address, flowM3h, volumeM3, valveDelayMs: 3_000 }
}

/** Buses and devices of the edge's site file. Its schema belongs to the edge. */
export function furtherConfig(further: FurtherDevices, host: string, ports: FurtherPorts) {
  const [office, door] = further.terminals
  const terminal = ({ key, name, profile }: Terminal, port: number) => ({
    key,
    name,
    bus: 'doors',
    profile,
    address: { host, port },
  })
  const meter = ({ key, name, profile, address }: LineMeter, bus: string) => ({
    ...{ key, name, bus, profile, address: { address }, serial: address },
    // Soon enough for somebody who watches.
    intervals: { energy: 60_000 },
  })
  const line = (key: 'line645' | 'line188', driver: string) => ({
    ...{ key, driver, transport: { type: 'tcp', host, port: ports[key] } },
  })
  return {
    buses: [
      { key: 'doors', driver: 'zkteco', transport: { type: 'tcp' } },
      line('line645', 'dlt645'),
      line('line188', 'cjt188'),
    ],
    devices: [
      terminal(office!, ports['doors-office']),
      terminal(door!, ports['doors-b1']),
      ...further.line645.map((relay) => ({
        ...meter(relay, 'line645'),
        address: { address: relay.address, password: relay.password, operatorCode: relay.operatorCode },
      })),
      ...further.line188.map((valve) => meter(valve, 'line188')),
    ],
  }
}

function hoursSinceInstallation(atMs: number): number {
  return (atMs - INSTALLED_AT_MS) / 3_600_000
}

function digits(seed: number, name: string, count: number): string {
  const number = hash32(streamOf(seed, name), 7) % 10 ** count
  return String(number).padStart(count, '0')
}
