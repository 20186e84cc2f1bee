import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import { silentLogger } from '../log.ts'
import type { SealedContent } from './sealed-content.ts'
import { MAX_BATCH_SIZE, EmissionCollector } from './emission-collector.ts'

function readings(count: number): { readings: Reading[] } {
  const list = Array.from({ length: count }, (_, i) => ({ point: 'm/a', atMs: i, mantissa: i, scale: 0, quality: Quality.good })) // prettier-ignore
  return { readings: list }
}

function setUp(flushMs = 20) {
  const sealed: number[] = []
  const contents: SealedContent[] = []
  const failures: AppError[] = []
  const outbox = {
    seal(content: SealedContent): number[] {
      const failure = failures.shift()
      if (failure) throw failure
      contents.push(content)
      return [sealed.push(content.readings!.length)]
    },
  }
  const corrupt: unknown[] = []
  const collector = new EmissionCollector({
    outbox,
    flushMs,
    logger: silentLogger(),
    onCorrupt: (error) => corrupt.push(error),
  })
  return { collector, sealed, contents, failures, corrupt }
}

test('offers of a short while become one batch; the promise resolves after it is sealed', async () => {
  const { collector, sealed } = setUp()
  let acknowledged = false
  const first = collector.offer(readings(3)).then(() => (acknowledged = true))
  const second = collector.offer(readings(4))
  await sleep(5)
  expect({ sealed, acknowledged }).toEqual({ sealed: [], acknowledged: false })
  await Promise.all([first, second])
  expect(sealed).toEqual([7])
})

test('a full batch is sealed at once', async () => {
  const { collector, sealed } = setUp(60_000)
  await Promise.all([collector.offer(readings(MAX_BATCH_SIZE - 1)), collector.offer(readings(1))])
  expect(sealed).toEqual([MAX_BATCH_SIZE])
})

test('a refusal reaches the driver, and the next offer is tried afresh', async () => {
  const { collector, sealed, failures } = setUp()
  failures.push(new AppError(errorCodes.outboxDiskFull, 'full'))
  await expect(collector.offer(readings(1))).rejects.toMatchObject({ code: errorCodes.outboxDiskFull })
  await collector.offer(readings(2))
  expect(sealed).toEqual([2])
})

test('a locked file costs nothing: the same readings are sealed later', async () => {
  const { collector, sealed, failures } = setUp()
  failures.push(new AppError(errorCodes.outboxBusy, 'locked'), new AppError(errorCodes.outboxBusy, 'locked'))
  await collector.offer(readings(5))
  expect(sealed).toEqual([5])
})

test('a file that broke is told to the one who can start anew', async () => {
  const { collector, failures, corrupt } = setUp()
  failures.push(new AppError(errorCodes.outboxCorrupt, 'broken'))
  await expect(collector.offer(readings(1))).rejects.toBeInstanceOf(AppError)
  expect(corrupt).toHaveLength(1)
})

test('events and checkpoints go with the readings, in order', async () => {
  const { collector, contents } = setUp()
  const event = { type: 'door', id: '1', device: 'd', atMs: 1, door: '1', state: 'opened' } as const
  await Promise.all([
    collector.offer({ events: [event], checkpoint: { deviceKey: 'd', text: '1' } }),
    collector.offer(readings(2)),
    collector.offer({ checkpoint: { deviceKey: 'd', text: '2' } }),
  ])
  expect(contents).toEqual([
    {
      readings: readings(2).readings,
      events: [event],
      checkpoints: [
        { deviceKey: 'd', text: '1' },
        { deviceKey: 'd', text: '2' },
      ],
    },
  ])
})
