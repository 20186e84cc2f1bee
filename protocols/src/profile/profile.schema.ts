/**
 * A device model as data: one JSON file in `protocols/profiles/` per model. What is the same for every driver stands
 * here; where a value is on the wire stands in the driver's own section, `drivers/<driver>.section.ts`.
 */
import * as z from 'zod'
import { CommandKind } from '../contract/commands.ts'
import { Label, Medium, PointKind } from '../contract/telemetry.ts'
import { BacnetDeviceSection, BacnetValue, BacnetWrite } from './drivers/bacnet.section.ts'
import { Cjt188DeviceSection, Cjt188Value } from './drivers/cjt188.section.ts'
import { Dlt645DeviceSection, Dlt645Value } from './drivers/dlt645.section.ts'
import { HikvisionDeviceSection, HikvisionValue } from './drivers/hikvision.section.ts'
import { ModbusDeviceSection, ModbusRegister, ModbusWrite } from './drivers/modbus.section.ts'
import { MqttDeviceSection, MqttPublish, MqttValue } from './drivers/mqtt.section.ts'
import { OpcuaValue } from './drivers/opcua.section.ts'
import { SnmpDeviceSection, SnmpValue, SnmpWrite } from './drivers/snmp.section.ts'
import { ZktecoDeviceSection, ZktecoValue } from './drivers/zkteco.section.ts'

export const DriverId = z.enum([
  'modbus',
  'dlt645',
  'cjt188',
  'opcua',
  'mqtt',
  'zkteco',
  'hikvision',
  'bacnet',
  'snmp',
])
export type DriverId = z.infer<typeof DriverId>

export const ProfilePoint = z.strictObject({
  key: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  label: Label,
  kind: PointKind,
  code: z.string(),
  unit: z.string(),
  /** Decimal places that are kept; the value is rounded half away from zero to them. */
  scale: z.number().int().min(0).max(9),
  /** Digits of a register before it rolls over, in units of 10^-scale. */
  digits: z.number().int().min(1).max(18).optional(),
  /** A dip of at most this much (in the unit) is jitter of the display, not a reset. */
  jitter: z.string().optional(),
  /** Plausible range in the unit; outside it the reading is `uncertain`. */
  range: z.tuple([z.string(), z.string()]).optional(),
  group: z.string(),
  /** True where some firmware lacks it: an exception is then no fault of the device. */
  optional: z.boolean().default(false),
  modbus: ModbusRegister.optional(),
  dlt645: Dlt645Value.optional(),
  cjt188: Cjt188Value.optional(),
  opcua: OpcuaValue.optional(),
  mqtt: MqttValue.optional(),
  zkteco: ZktecoValue.optional(),
  hikvision: HikvisionValue.optional(),
  bacnet: BacnetValue.optional(),
  snmp: SnmpValue.optional(),
})
export type ProfilePoint = z.infer<typeof ProfilePoint>

/** Something that the device can be told to do. */
export const ProfileCommand = z.strictObject({
  key: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  kind: CommandKind,
  label: Label,
  /** For setpoints. */
  unit: z.string().optional(),
  scale: z.number().int().min(0).max(9).optional(),
  range: z.tuple([z.string(), z.string()]).optional(),
  /**
   * Point by which the driver sees what came of it, and for actions the value that each leads to, such as
   * {"open": "0", "close": "1"}; a setpoint leads to its own value.
   */
  readBack: z
    .strictObject({
      point: z.string(),
      values: z.record(z.string(), z.string()).optional(),
      /** The device may take this long. */
      withinMs: z.number().int().min(0).max(120_000).default(5_000),
    })
    .optional(),
  modbus: ModbusWrite.optional(),
  opcua: OpcuaValue.extend({ values: z.record(z.string(), z.string()).optional() }).optional(),
  mqtt: MqttPublish.optional(),
  bacnet: BacnetWrite.optional(),
  snmp: SnmpWrite.optional(),
  /** Door or lane of `door` and `barrier`, for drivers whose protocol has the command itself. */
  door: z.string().optional(),
})
export type ProfileCommand = z.infer<typeof ProfileCommand>

export const DeviceProfile = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  manufacturer: z.string(),
  model: z.string(),
  label: Label,
  medium: Medium,
  driver: DriverId,
  /** Where the facts come from. */
  sources: z.array(z.string()).min(1),
  /** What the profile was checked against; empty when only against its own simulator. */
  checkedAgainst: z.array(z.string()).default([]),
  notes: z.string().optional(),
  modbus: ModbusDeviceSection.optional(),
  dlt645: Dlt645DeviceSection.optional(),
  cjt188: Cjt188DeviceSection.optional(),
  mqtt: MqttDeviceSection.optional(),
  zkteco: ZktecoDeviceSection.optional(),
  hikvision: HikvisionDeviceSection.optional(),
  bacnet: BacnetDeviceSection.optional(),
  snmp: SnmpDeviceSection.optional(),
  /** Polling groups; a site can override the intervals. */
  groups: z.record(z.string(), z.strictObject({ intervalMs: z.number().int().min(100) })),
  /** May be empty for a device that only has events. */
  points: z.array(ProfilePoint),
  commands: z.array(ProfileCommand).default([]),
})
export type DeviceProfile = z.infer<typeof DeviceProfile>
