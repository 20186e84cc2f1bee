/** An implementation that we did not write reads the simulator: libmodbus, through Debian's `mbpoll`. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningSimulator, startSimulator } from './index.ts'

const installed = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'mbpoll')))
const nowMs = Date.parse('2026-07-15T12:34:56.789Z')
let simulator: RunningSimulator

beforeAll(async () => {
  simulator = await startSimulator({ portBase: 0, controlPort: 0 }, () => nowMs)
})
afterAll(() => simulator.stop())

interface Polled {
  readonly text: string
  readonly values: readonly string[]
}

/** One poll by mbpoll: `type` as its -t option, `reference` counts from 0. */
async function poll(
  meterKey: string,
  type: string,
  reference: number,
  count: number,
  unit?: number,
): Promise<Polled> {
  const meter = simulator.site.meters.find(({ key }) => key === meterKey)!
  const { port } = simulator.endpoints.find(({ key }) => key === meter.endpoint)!
  const where = ['-m', 'tcp', '-p', String(port), '-a', String(unit ?? meter.unitId), '-0', '-1', '-B']
  const what = ['-t', type, '-r', String(reference), '-c', String(count), '127.0.0.1']
  const text = await new Promise<string>((resolve) => {
    execFile('mbpoll', [...where, ...what], (_error, stdout, stderr) => resolve(stdout + stderr))
  })
  return { text, values: [...text.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map((match) => match[1]!) }
}

const truth = (meterKey: string, ...points: string[]) =>
  points.map((point) => simulator.truth(meterKey).values[point]!)

/** mbpoll prints floats with six digits; the words as they came say more. */
function floatOf(words: readonly string[]): number {
  const bytes = Buffer.from(words.map((word) => word.replace('0x', '').padStart(4, '0')).join(''), 'hex')
  return bytes.readFloatBE(0)
}

// In CI it must run: a machine without mbpoll fails there instead of skipping.
describe.skipIf(!installed && !process.env['CI'])(
  'libmodbus reads the truth (needs Debian’s mbpoll; skipped without it)',
  () => {
    test('SDM630: input registers, float', async () => {
      const volts = await poll('b1-0101-e', '3:float', 0, 3)
      expect(volts.values).toEqual(
        truth('b1-0101-e', 'voltageL1', 'voltageL2', 'voltageL3').map((v) => String(Number(v))),
      )
      const energy = await poll('b1-0101-e', '3:hex', 0x48, 2)
      expect([floatOf(energy.values).toFixed(2)]).toEqual(truth('b1-0101-e', 'energyImport'))
    })

    test('DTSU666: holding registers, float of tenths', async () => {
      const watts = await poll('b3-0201-e', '4:hex', 0x2012, 2)
      expect([(floatOf(watts.values) / 10).toFixed(1)]).toEqual(truth('b3-0201-e', 'powerTotal'))
      const energy = await poll('b3-0201-e', '4:hex', 0x101e, 2)
      expect([floatOf(energy.values).toFixed(2)]).toEqual(truth('b3-0201-e', 'energyImport'))
    })

    test('ADW300: holding registers, 16 and 32 bits', async () => {
      const volts = await poll('b1-s01-e', '4', 20, 3)
      expect(volts.values.map((v) => (Number(v) / 10).toFixed(1))).toEqual(
        truth('b1-s01-e', 'voltageL1', 'voltageL2', 'voltageL3'),
      )
      const watts = await poll('b1-s01-e', '4:int', 30, 4)
      expect(watts.values).toEqual(truth('b1-s01-e', 'powerL1', 'powerL2', 'powerL3', 'powerTotal'))
      const energy = await poll('b1-s01-e', '4:int', 62, 2)
      expect(energy.values.map((v) => (Number(v) / 100).toFixed(2))).toEqual(
        truth('b1-s01-e', 'energyImport', 'energyExport'),
      )
    })

    test('pulse counters of water and gas', async () => {
      for (const key of ['b1-0101-w', 'b3-0101-g', 'b2-total-w']) {
        const pulses = await poll(key, '4:int', 0, 1)
        expect(pulses.values.map((v) => (Number(v) / 1000).toFixed(3))).toEqual(truth(key, 'volume'))
      }
    })

    test('exceptions are understood', async () => {
      expect((await poll('b1-s01-e', '4', 23, 1)).text).toContain('Illegal data address')
      expect((await poll('b1-s01-e', '0', 0, 1)).text).toContain('Illegal function')
      expect((await poll('b1-s01-e', '4', 20, 1, 200)).text).toContain('Target device failed to respond')
    })
  },
)
