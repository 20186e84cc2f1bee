import type { DeviceEvent } from '@courtyard/protocols/contract'
import type { AttendanceRecordBytes } from '@courtyard/protocols/zkteco'

export type ZktecoVector = readonly [
  profile: string,
  bytes: AttendanceRecordBytes,
  record: string,
  event: Partial<DeviceEvent>,
]

const NUMBER = `0D 00 39 39 39 31 31 31 33 33 33 ${'00'.repeat(15)}`
/** 2018-06-25 17:50:35 on the terminal's face; in Shanghai that is 09:50:35 UTC. */
const TIME = '6B B3 68 23'
const atMs = Date.UTC(2018, 5, 25, 9, 50, 35)

/**
 * Records of the log: the entry of a user in zk-protocol `data-record.md` (40 bytes), with another verification, and the
 * same second in the layout of 8 bytes (shared/facts/field-protocols.md; pyzk `<HBIB`).
 */
export const zktecoVectors: readonly ZktecoVector[] = [
  ['zkteco-attendance-tcp', 40, `${NUMBER} 01 ${TIME} 00 00 00 00 00 FF 00 00 00`, { type: 'attendance', person: '999111333', credential: 'fingerprint', punch: 'checkIn', atMs }],
  ['zkteco-access-f-series', 40, `${NUMBER} 02 ${TIME} 00 00 00 00 00 FF 00 00 00`, { type: 'access', person: '999111333', credential: 'card', door: '1', granted: true, atMs }],
  ['zkteco-attendance-udp', 8, `02 01 02 ${TIME} 01`, { type: 'attendance', person: '258', credential: 'card', punch: 'checkOut', atMs }],
] // prettier-ignore
