/**
 * The hub's side for the edge bench, a process of its own: a real broker, the enrolment route, and a client that
 * decodes every batch, counts it once and acknowledges it. It keeps nothing, so that it costs little beside the agent.
 * Prints its ports as the first line; tells its counts at `GET /counts`.
 */
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { Aedes } from 'aedes'
import { connectAsync } from 'mqtt'
import { parseUpTopic, topics, type AckMessage } from '@courtyard/protocols/contract'
import { decodeBatch } from '@courtyard/protocols/wire'

const gatewayId = '3d1f4f4e-52a2-4bd0-9e55-0c8a5a0c3f10'
const counts = { batches: 0, readings: 0, good: 0, duplicates: 0, bytes: 0 }
const seen = new Set<string>()

const broker = await Aedes.createBroker()
const listener = createServer((socket) => void broker.handle(socket))
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
const mqttUrl = `mqtt://127.0.0.1:${(listener.address() as AddressInfo).port}`

const http = createHttpServer((request, response) => {
  request.resume()
  const answer =
    request.url === '/counts' ? counts : { gatewayId, mqttUrl, username: gatewayId, password: 'of-the-bench' }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
})
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))

const client = await connectAsync(mqttUrl, { protocolVersion: 4 })
client.on('message', (topic, payload) => {
  const kind = parseUpTopic(topic)?.kind
  if (kind === 'batch') take(payload)
  if (kind === 'catalogue') {
    const { revision } = JSON.parse(payload.toString()) as { revision: string }
    acknowledge({ v: 1, batches: [], catalogue: { revision } })
  }
})
await client.subscribeAsync(topics.allUp, { qos: 1 })
process.stdout.write(`${JSON.stringify({ httpPort: (http.address() as AddressInfo).port })}\n`)

function take(payload: Buffer): void {
  const { outbox, sequence, series } = decodeBatch(payload)
  const identity = `${outbox}:${sequence}`
  const known = seen.has(identity)
  if (known) counts.duplicates += 1
  else {
    seen.add(identity)
    counts.batches += 1
    counts.bytes += payload.length
    for (const { v, q } of series) {
      counts.readings += v.length
      const bad = q?.reduce((sum, [run, quality]) => sum + (quality === 0 ? 0 : run), 0) ?? 0
      counts.good += v.length - bad
    }
  }
  acknowledge({ v: 1, batches: [{ outbox, sequence, status: known ? 'duplicate' : 'committed' }] })
}

function acknowledge(ack: AckMessage): void {
  client.publish(topics.ack(gatewayId), JSON.stringify(ack), { qos: 1 })
}
