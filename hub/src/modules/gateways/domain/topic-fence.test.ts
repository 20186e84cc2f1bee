import { expect, it } from 'vitest'
import { topics } from '@courtyard/protocols/contract'
import { canPublish, canSubscribe } from './topic-fence.ts'

const mine = '0197f0a4-8c55-7b0c-9d3e-0d8ad33d4a10'
const other = '0197f0a4-8c55-7b0c-9d3e-0d8ad33d4a11'

it('lets a gateway use its own topics', () => {
  for (const topic of [
    topics.batch(mine),
    topics.catalogue(mine),
    topics.status(mine),
    topics.presence(mine),
  ]) {
    expect(canPublish(mine, topic)).toBe(true)
  }
  expect(canSubscribe(mine, topics.ack(mine))).toBe(true)
})

it.each([
  topics.batch(other),
  topics.ack(mine),
  `${topics.upPrefix(mine)}batch/more`,
  `${topics.upPrefix(mine)}`,
  `courtyard/1/${mine}/up`,
  '$SYS/anything',
  'batch',
])('refuses to publish to %s', (topic) => {
  expect(canPublish(mine, topic)).toBe(false)
})

it.each([
  '#',
  '+/+/+/down/ack',
  `courtyard/1/+/down/ack`,
  `courtyard/1/${mine}/#`,
  `${topics.downPrefix(mine)}#`,
  `${topics.downPrefix(mine)}+`,
  `$share/group/${topics.ack(mine)}`,
  topics.ack(other),
  topics.batch(mine),
  topics.allUp,
])('refuses to subscribe to %s', (filter) => {
  expect(canSubscribe(mine, filter)).toBe(false)
})
