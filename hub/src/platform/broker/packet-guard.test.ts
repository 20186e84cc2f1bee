import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { expect, test } from 'vitest'
import { PacketLengths } from './packet-guard.ts'
import { topicMatches } from './topic-match.ts'

/** Size of a packet after its fixed header. */
function bodySize(packet: Buffer): number {
  let at = 1
  while (packet[at]! & 0x80) at++
  return packet.length - at - 1
}

test('property: finds the largest packet of a stream, however it is cut', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40_000 })), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 5_000 }), (payloads, cut) => {
      const packets = payloads.map((size) =>
        mqttPacket.generate({
          cmd: 'publish',
          topic: 't',
          payload: Buffer.alloc(size, 0x93),
          qos: 1,
          messageId: 1,
          dup: false,
          retain: false,
        }),
      )
      const stream = Buffer.concat(packets)
      const follower = new PacketLengths()
      let largest = 0
      for (let at = 0; at < stream.length; at += cut)
        largest = Math.max(largest, follower.feed(stream.subarray(at, at + cut)))
      expect(largest).toBe(Math.max(...packets.map(bodySize)))
    }),
    { numRuns: 60 },
  )
})

test('a length of more than four groups is not MQTT', () => {
  expect(new PacketLengths().feed(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(Infinity)
})

test.each([
  ['a/+/c', 'a/b/c', true],
  ['a/+/c', 'a/b/d', false],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['+', 'a/b', false],
  ['a/b', 'a/b/c', false],
  ['#', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
  ['a/+', 'a/', true],
])('filter %s, topic %s: %s', (filter, topic, matches) => {
  expect(topicMatches(filter, topic)).toBe(matches)
})
