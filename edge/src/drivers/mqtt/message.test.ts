/** Payloads as the makers' documentation shows them; the profiles name the pages. */
import { expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import * as fc from 'fast-check'
import { decimalOf, parseJson, valueAt } from './json-text.ts'
import { instantOf } from './message-time.ts'
import { mapMessage, mappingOf } from './message.ts'
import { TopicTree } from './topic-tree.ts'

const profiles = loadProfiles()
const NOW = Date.UTC(2026, 0, 15, 12)
const map = (profile: string, topic: string, payload: unknown, retained = false, arrivedMs = NOW) =>
  mapMessage(mappingOf('d', profiles.get(profile)!, 'Asia/Shanghai'), {
    topic,
    payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
    arrivedMs,
    retained,
  })
const shown = ({ readings }: ReturnType<typeof map>) =>
  Object.fromEntries(readings.map(({ point, mantissa }) => [point, mantissa]))

test('Tasmota: SENSOR in local time, RESULT with a word and no time', () => {
  const sensor = map('mqtt-tasmota-plug', 'tele/p1/SENSOR', '{"Time":"2026-01-15T19:59:30","ENERGY":{"TotalStartTime":"2023-01-01T00:00:00","Total":123.456,"Yesterday":1.2,"Today":0.431,"Power":60,"ApparentPower":66,"ReactivePower":28,"Factor":0.91,"Voltage":231,"Current":0.286}}') // prettier-ignore
  expect(shown(sensor)).toEqual({ 'd/energyImport': 123456, 'd/powerTotal': 600, 'd/voltageL1': 2310, 'd/currentL1': 286, 'd/powerFactor': 91 }) // prettier-ignore
  expect(sensor.readings[0]!.atMs).toBe(Date.UTC(2026, 0, 15, 11, 59, 30))
  expect(map('mqtt-tasmota-plug', 'stat/p1/RESULT', '{"POWER":"ON"}').readings).toEqual([
    { point: 'd/relay', atMs: NOW, mantissa: 1, scale: 0, quality: Quality.good },
  ])
})

test('Shelly Gen2: watt-hours to kilowatt-hours without a float, a boolean as state', () => {
  const status = map('mqtt-shelly-gen2-plug', 'plug/status/switch:0', '{"id":0,"source":"MQTT","output":false,"apower":0.0,"voltage":225.9,"current":0.0,"aenergy":{"total":11.679,"by_minute":[0.0,0.0,0.0],"minute_ts":1654511972},"temperature":{"tC":53.3,"tF":127.9}}') // prettier-ignore
  expect(shown(status)).toMatchObject({ 'd/energyImport': 11679, 'd/relay': 0, 'd/deviceTemperature': 533 })
})

test('ChirpStack and The Things Stack: times of their own, list of receivers', () => {
  const uplink = map('mqtt-chirpstack-water-meter', 'application/a/device/0102030405060708/event/up', '{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2026-01-15T09:34:15.775023242+00:00","deviceInfo":{"devEui":"0102030405060708"},"fPort":1,"object":{"volume":1234.567,"battery":3.61},"rxInfo":[{"rssi":-48,"snr":9.0}]}') // prettier-ignore
  expect(shown(uplink)).toEqual({ 'd/volume': 1234567, 'd/batteryVoltage': 361, 'd/rssi': -48, 'd/snr': 90 })
  expect(uplink.readings[0]!.atMs).toBe(Date.UTC(2026, 0, 15, 9, 34, 15, 775))
  const tts = map('mqtt-tts-electricity-meter', 'v3/app@ttn/devices/m1/up', '{"uplink_message":{"decoded_payload":{"energyImport":99.5,"power":120},"rx_metadata":[{"rssi":-35,"snr":8.25}],"received_at":"2026-01-15T08:00:00.123456789Z"}}') // prettier-ignore
  expect(shown(tts)).toEqual({ 'd/energyImport': 99500, 'd/powerTotal': 120, 'd/rssi': -35, 'd/snr': 83 })
})

test('several hours in one message are several readings; the same message again gives the same ones', () => {
  const hour = NOW / 1_000 - 7_200
  const payload = { readings: [0, 1, 2].map((n) => ({ time: hour + n * 3_600, volume: 10 + n / 8 })) }
  const first = map('mqtt-nbiot-water-meter', 'meters/m/report', payload)
  expect(first.readings.map(({ atMs, mantissa }) => [atMs, mantissa])).toEqual([
    [(hour + 0) * 1_000, 10000],
    [(hour + 3_600) * 1_000, 10125],
    [(hour + 7_200) * 1_000, 10250],
  ])
  expect(map('mqtt-nbiot-water-meter', 'meters/m/report', payload, false, NOW + 60_000)).toEqual(first)
})

test('a clock at 1970 or in the future: time of arrival, uncertain, and only the newest value', () => {
  const payload = { readings: [{ time: 10, volume: 1 }, { time: 3_610, volume: 2 }, { time: 5, volume: 0 }] } // prettier-ignore
  expect(map('mqtt-nbiot-water-meter', 'meters/m/report', payload).readings).toEqual([
    { point: 'd/volume', atMs: NOW, mantissa: 2000, scale: 3, quality: Quality.uncertain },
  ])
  const future = { readings: [{ time: NOW / 1_000 + 86_400, volume: 3 }] }
  expect(map('mqtt-nbiot-water-meter', 'meters/m/report', future).readings).toMatchObject([
    { atMs: NOW, quality: Quality.uncertain },
  ])
  const timeless = map('mqtt-nbiot-water-meter', 'meters/m/report', { readings: [{ volume: 1 }, { volume: 2 }] }) // prettier-ignore
  expect(timeless).toMatchObject({ readings: [], problem: expect.stringContaining('own time') as string })
})

test('a kept message without a time is uncertain', () => {
  expect(map('mqtt-zigbee2mqtt-climate', 'zigbee2mqtt/t', { temperature: 21.53 }, true).readings).toMatchObject([{ mantissa: 2153, quality: Quality.uncertain }]) // prettier-ignore
})

test.each([
  ['not JSON', 'ON', /not JSON/],
  ['broken UTF-8 or text', '{"volume":', /not JSON/],
  ['no list', '{"readings":3}', /no list/],
  ['an empty list', '{"readings":[]}', /none of the values/],
  ['nothing of ours', '{"readings":[{"time":1768478400,"other":1}]}', /none of the values/],
])('%s is told in words', (_, payload, words) => {
  expect(map('mqtt-nbiot-water-meter', 'meters/m/report', payload)).toMatchObject({ readings: [], problem: expect.stringMatching(words) as string }) // prettier-ignore
})

test('null, words without meaning and absurd numbers are readings without value', () => {
  for (const value of ['null', '"soon"', '1e999999999', '{"a":1}', '1e20']) {
    const { readings } = map('mqtt-zigbee2mqtt-climate', 'zigbee2mqtt/t', `{"temperature":${value}}`)
    expect(readings).toMatchObject([{ mantissa: null, quality: Quality.invalid }])
  }
})

test('digits beyond a float stay as they stand', () => {
  const json = parseJson('{"a":{"b":[0,9007199254.740993]}}')
  expect(decimalOf((valueAt(json, 'a.b[1]') as { text: string }).text)).toEqual({ units: 9007199254740993n, places: 6 }) // prettier-ignore
  expect(valueAt(json, 'a.toString')).toBeUndefined()
  expect(valueAt(json, 'a.b.length')).toBeUndefined()
})

test.each([
  ['2026-01-15T08:00:00', 'Asia/Shanghai', Date.UTC(2026, 0, 15, 0)],
  ['2026-07-01 12:00:00', 'Europe/Berlin', Date.UTC(2026, 6, 1, 10)],
  ['2026-01-15T08:00:00.5-0330', 'UTC', Date.UTC(2026, 0, 15, 11, 30, 0, 500)],
  ['2026-02-31T08:00:00Z', 'UTC', null],
  ['yesterday', 'UTC', null],
])('%s in %s', (text, zone, expected) => {
  expect(instantOf(text, 'iso', zone)).toBe(expected)
})

test('filters by level', () => {
  const tree = new TopicTree<string>()
  for (const filter of ['a/b', 'a/+', 'a/#', '#', '+/b/c']) tree.add(filter, filter)
  expect(tree.find('a/b').sort()).toEqual(['#', 'a/#', 'a/+', 'a/b'])
  expect(tree.find('a')).toEqual(['#', 'a/#'])
  expect(tree.find('x/b/c').sort()).toEqual(['#', '+/b/c'])
  expect(tree.find('$SYS/b/c')).toEqual([])
})

test('whatever is published, mapping ends in readings or words', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1'))), (payload) => {
      for (const [profile, topic] of [['mqtt-nbiot-water-meter', 'meters/m/report'], ['mqtt-tasmota-plug', 'tele/p/SENSOR']] as const) {
        const { readings, problem } = map(profile, topic, payload)
        expect(readings.length > 0 || problem !== null).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
  expect(map('mqtt-nbiot-water-meter', 'meters/m/report', '['.repeat(100_000)).problem).toMatch(/not JSON/)
}) // prettier-ignore
