/**
 * Meters of DL/T 645 and CJ/T 188 that hold exactly what a profile names. The frames are put together here by the
 * standards' own words (5.2 and 6.2), without our codecs.
 */
import type { DeviceProfile, ProfilePoint } from '@courtyard/protocols/profile'
import { openLine } from '../../simulators/src/meter-bus/line.ts'
import type { OpenDevice, ProfileDevice } from './profile-device.ts'
import { rawValue } from './raw-value.ts'

/** Data of a reply by identifier, low byte first. */
type Contents = Map<string, number[]>
/** What a request asks for and how its answer begins; null when it is none that a meter answers. */
type Answer = (request: readonly number[], contents: Contents) => number[] | null

interface Written {
  readonly di: string
  readonly offset: number
  readonly length: number
  readonly places: number
  readonly form: 'bcd' | 'bits'
  readonly shift?: number | undefined
  readonly width?: number | undefined
}

/** Fills the data of every identifier; the mantissas that the points then have. */
function fill(
  profile: DeviceProfile,
  written: (point: ProfilePoint) => Written & { factor: string },
): { contents: Contents; values: Map<string, number> } {
  const contents: Contents = new Map()
  const values = new Map<string, number>()
  profile.points.forEach((point, index) => {
    const { di, offset, length, places, form, factor, shift = 0, width = 1 } = written(point)
    const bytes = contents.get(di) ?? []
    contents.set(di, bytes)
    while (bytes.length < offset + length) bytes.push(0)
    // The first digit stays below 8, whose bit may be a sign.
    const max = form === 'bits' ? 2 ** width - 1 : 8 * 10 ** (2 * length - 1) - 1
    const { raw, mantissa } = rawValue(point, index, { places, factor, offset: '0', max })
    values.set(point.key, mantissa)
    if (form === 'bcd') bcd(raw, length).forEach((byte, i) => (bytes[offset + i] = byte))
    else
      for (let i = 0; i < length; i++)
        bytes[offset + i]! |= Number((BigInt(raw) << BigInt(shift)) >> BigInt(8 * i)) & 0xff
  })
  return { contents, values }
}

function bcd(value: number, length: number): number[] {
  const digits = String(value).padStart(2 * length, '0')
  return Array.from({ length }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16)).reverse()
}

const sum = (bytes: readonly number[]) => bytes.reduce((total, byte) => total + byte, 0) & 0xff

async function openMeter(
  contents: Contents,
  values: Map<string, number>,
  answer: Answer,
  address: object,
): Promise<ProfileDevice> {
  const line = await openLine({}, (received, peer) => {
    const bytes = Array.from(received)
    const reply = answer(bytes.slice(bytes.indexOf(0x68)), contents)
    if (reply) peer.write(Uint8Array.from([...reply, sum(reply), 0x16]))
  })
  return {
    bus: { transport: { type: 'tcp', host: '127.0.0.1', port: line.port } },
    address,
    values,
    stop: () => line.stop(),
  }
}

const DLT645_ADDRESS = '000000000161'

export const openDlt645Device: OpenDevice = (profile) => {
  const { contents, values } = fill(profile, (point) => point.dlt645!)
  const old = profile.dlt645?.edition === '1997'
  const answer: Answer = (request, data) => {
    const [control, length] = [request[8]!, request[9]!]
    if (control !== (old ? 0x01 : 0x11)) return null
    const asked = request.slice(10, 10 + length).map((byte) => (byte - 0x33) & 0xff)
    const found = data.get(Buffer.from(asked.toReversed()).toString('hex').toUpperCase())
    const body = found ? [...asked, ...found] : [0x02]
    const head = [...request.slice(0, 8), control | (found ? 0x80 : 0xc0), body.length]
    return [...head, ...body.map((byte) => (byte + 0x33) & 0xff)]
  }
  return openMeter(contents, values, answer, { address: DLT645_ADDRESS })
}

/** CJ/T 188-2004, table 13. */
const UNIT_BYTES: Record<string, number> = { kWh: 0x05, GJ: 0x11, W: 0x14, kW: 0x17, L: 0x29, 'm³': 0x2c, 'L/h': 0x32, 'm³/h': 0x35 } // prettier-ignore
const CJT188_ADDRESS = '01000020201202'

export const openCjt188Device: OpenDevice = (profile) => {
  const { contents, values } = fill(profile, (point) => ({ ...point.cjt188!, factor: '1' }))
  for (const point of profile.points) {
    const { di, offset, length, unitByte, unitFirst } = point.cjt188!
    if (unitByte) contents.get(di)![unitFirst ? offset - 1 : offset + length] = UNIT_BYTES[point.unit]!
  }
  const { diOrder, meterType } = profile.cjt188!
  const answer: Answer = (request, data) => {
    const [type, control] = [request[1]!, request[9]!]
    if (type !== parseInt(meterType, 16) || control !== 0x01) return null
    const asked = request.slice(11, 13)
    const di = Buffer.from(diOrder === 'highFirst' ? asked : asked.toReversed())
      .toString('hex')
      .toUpperCase()
    const found = data.get(di)
    if (!found) return null
    const body = [...asked, request[13]!, ...Array.from(found, (byte) => byte ?? 0)]
    return [...request.slice(0, 9), 0x81, body.length, ...body]
  }
  return openMeter(contents, values, answer, { address: CJT188_ADDRESS })
}
