import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import { silentLogger } from '../log.ts'
import { MAX_BATCH_READINGS, ReadingCollector } from './reading-collector.ts'

function readings(count: number): Reading[] {
  return Array.from({ length: count }, (_, i) => ({ point: 'm/a', atMs: i, mantissa: i, scale: 0, quality: Quality.good })) // prettier-ignore
}

function setUp(flushMs = 20) {
  const sealed: number[] = []
  const failures: AppError[] = []
  const outbox = {
    seal(list: readonly Reading[]): number {
      const failure = failures.shift()
      if (failure) throw failure
      return sealed.push(list.length)
    },
  }
  const corrupt: unknown[] = []
  const collector = new ReadingCollector({
    outbox,
    flushMs,
    logger: silentLogger(),
    onCorrupt: (error) => corrupt.push(error),
  })
  return { collector, sealed, failures, corrupt }
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
  await Promise.all([collector.offer(readings(MAX_BATCH_READINGS - 1)), collector.offer(readings(1))])
  expect(sealed).toEqual([MAX_BATCH_READINGS])
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
