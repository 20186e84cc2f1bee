/** Devices that publish what a profile names, through a broker of their own. */
import { createServer, type AddressInfo } from 'node:net'
import { Aedes } from 'aedes'
import type { DeviceProfile, MqttDeviceSection, ProfilePoint } from '@courtyard/protocols/profile'
import { SimulatedMqttDevice } from '../../simulators/src/mqtt/index.ts'
import type { OpenDevice } from './profile-device.ts'
import { rawValue } from './raw-value.ts'

const ID = 'a1b2c3d4e5f60708'

export const openMqttDevice: OpenDevice = async (profile) => {
  const broker = await Aedes.createBroker()
  const listener = createServer((socket) => void broker.handle(socket))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const device = await SimulatedMqttDevice.start({ port, clientId: 'device' })
  const { messages, values } = messagesOf(profile)
  let timer: NodeJS.Timeout | undefined
  return {
    bus: { url: `mqtt://127.0.0.1:${port}`, clientId: 'catalogue' },
    address: { id: ID },
    values,
    begin: () => {
      timer = setInterval(() => messages.forEach((message) => void device.publish(message)), 100)
    },
    stop: async () => {
      clearInterval(timer)
      await device.stop()
      listener.close()
      await new Promise<void>((resolve) => broker.close(() => resolve()))
    },
  }
}

/** One message for each topic, with all that the profile reads from it. */
function messagesOf(profile: DeviceProfile): {
  messages: { topic: string; payload: string }[]
  values: Map<string, number>
} {
  const section = profile.mqtt!
  const values = new Map<string, number>()
  const contents = new Map<string, object>()
  profile.points.forEach((point, index) => {
    const { path, topicEnds = '' } = point.mqtt!
    const filter = section.topics.find((topic) => topic.endsWith(topicEnds)) ?? section.topics[0]!
    const topic = filter.replaceAll('{id}', ID).replaceAll('+', 'x')
    const content = contents.get(topic) ?? {}
    contents.set(topic, content)
    const { shown, mantissa } = shownValue(point, index)
    put(content, path, shown)
    values.set(point.key, mantissa)
  })
  const messages = [...contents].map(([topic, content]) => ({ topic, payload: payloadOf(section, content) }))
  return { messages, values }
}

function payloadOf(section: MqttDeviceSection, content: object): string {
  if (section.time !== undefined) put(content, section.time, timeOf(section.timeForm))
  const message = {}
  if (section.list !== undefined) put(message, section.list, [content])
  return JSON.stringify(section.list === undefined ? content : message)
}

function timeOf(form: MqttDeviceSection['timeForm']): unknown {
  const now = new Date()
  if (form === 'iso') return now.toISOString()
  return form === 'seconds' ? Math.floor(now.getTime() / 1_000) : now.getTime()
}

/** A number, or the word that stands for one. */
function shownValue(point: ProfilePoint, index: number): { shown: unknown; mantissa: number } {
  const { words, factor, offset } = point.mqtt!
  if (words) {
    const [word, number] = Object.entries(words)[0]!
    return { shown: word === 'true' || word === 'false' ? word === 'true' : word, mantissa: Number(number) }
  }
  // As many decimal places as the point keeps, so that its resolution is on the wire.
  const exactFactor = factor.split('.')[1]?.length ?? 0
  const places = Math.max(point.scale - exactFactor, 0)
  const { raw, mantissa } = rawValue(point, index, { places, factor, offset, max: 2 ** 40 })
  return { shown: raw / 10 ** places, mantissa }
}

/** Puts a value at a path such as `rxInfo[0].rssi`. */
function put(target: object, path: string, value: unknown): void {
  const parts = path.split(/\.|\[|\]\.?/).filter((part) => part !== '')
  let at = target as Record<string, unknown>
  parts.forEach((part, i) => {
    const next = parts[i + 1]
    if (next === undefined) at[part] = value
    else at = (at[part] ??= /^\d+$/.test(next) ? [] : {}) as Record<string, unknown>
  })
}
