import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSimulator } from '../index.ts'

const nowMs = Date.parse('2026-03-04T11:23:45.678Z')
let folder: string
let stateFile: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-state-'))
  stateFile = join(folder, 'state.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const start = (atMs: number, seed = 1) =>
  startSimulator({ portBase: 0, controlPort: 0, stateFile, seed }, () => atMs)

test('a replaced meter and a set register are the same after a new start', async () => {
  const first = await start(nowMs)
  first.setFault('b1-0101-e', { kind: 'replacement', initialIndex: '0' })
  first.setFault('b1-0101-w', { kind: 'rollover', remaining: '0.5' })
  const instants = [nowMs - 1, nowMs, nowMs + 86_400_000]
  const truths = ['b1-0101-e', 'b1-0101-w', 'b1-total-e'].flatMap((key) =>
    instants.map((at) => first.truth(key, at)),
  )
  await first.stop()
  const second = await start(nowMs + 90_000_000)
  const again = ['b1-0101-e', 'b1-0101-w', 'b1-total-e'].flatMap((key) =>
    instants.map((at) => second.truth(key, at)),
  )
  await second.stop()
  expect(again).toEqual(truths)
  expect(readdirSync(folder)).toEqual(['state.json'])
})

test.each([
  ['not JSON', '{', /state file/],
  ['another shape', '{"seed":1}', /registers/],
  ['another seed', '{"seed":2,"registers":[]}', /belongs to seed 2/],
])('refuses a file that is %s', async (_, text, reason) => {
  writeFileSync(stateFile, text)
  await expect(start(nowMs)).rejects.toThrow(reason)
  await expect(start(nowMs)).rejects.toThrow(
    expect.objectContaining({ code: 'simulator.bad_options' }) as Error,
  )
})
