/** What is on the disk at every step of a change, and what a start makes of it. */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ManagedConfig } from '@courtyard/protocols/contract'
import { ConfigSource } from './config-source.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-store-'))
  file = join(folder, 'site.yaml')
  writeFileSync(file, JSON.stringify({ gateway: { name: 'box', dataDir: './data' }, ...config(1) }))
})
afterEach(() => rmSync(folder, { recursive: true }))

const data = (name: string) => join(folder, 'data', name)
function config(buses: number): ManagedConfig {
  const bus = (n: number) => ({
    key: `b${n}`,
    driver: 'modbus',
    transport: { type: 'tcp', host: '127.0.0.1', port: 1000 + n },
  })
  return { buses: Array.from({ length: buses }, (_, n) => bus(n)), devices: [] }
}
/** A start of the agent: which configuration runs, told by its buses. */
function start(): { buses: number; revision: string | null; source: ConfigSource } {
  const source = new ConfigSource(file, () => 1_790_000_000_000)
  const site = source.load()
  source.started()
  return { buses: site.buses.length, revision: site.source.revision, source }
}
function begin(buses: number): string {
  const { source } = start()
  const running = source.reload()
  const revision = randomUUID()
  source.begin(source.check(config(buses), running, revision).site!)
  return revision
}
function settled(buses: number): string {
  const revision = begin(buses)
  start().source.settle()
  return revision
}

test('the file counts until a configuration of the hub does, for its owner only', () => {
  expect(start()).toMatchObject({ buses: 1, revision: null })
  const revision = settled(2)
  expect(start()).toMatchObject({ buses: 2, revision })
  for (const name of readdirSync(join(folder, 'data')))
    expect(statSync(data(name)).mode & 0o777, name).toBe(0o600)
})

describe('killed at any step, the start has the old one or the new one, whole', () => {
  test.each<[string, (revision: string) => void, number]>([
    [
      'while the revision was being written',
      (revision) => writeFileSync(data(`config-${revision}.json.77.tmp`), '{"buses":['),
      2,
    ],
    [
      'after the revision, before the pointer',
      (revision) => writeFileSync(data(`config-${revision}.json`), JSON.stringify(config(3))),
      2,
    ],
    [
      'while the pointer was being written',
      (revision) => {
        writeFileSync(data(`config-${revision}.json`), JSON.stringify(config(3)))
        writeFileSync(data('config-pointer.json.77.tmp'), `{"current":"${revision}"`)
      },
      2,
    ],
  ])('%s', (_step, leave, buses) => {
    const old = settled(2)
    leave(randomUUID())
    expect(start()).toMatchObject({ buses, revision: old })
  })

  test('after the pointer: the new one, on trial', () => {
    settled(2)
    const revision = begin(3)
    const { source, buses } = start()
    expect({ buses, trial: source.onTrial }).toEqual({ buses: 3, trial: true })
    source.settle()
    expect(start()).toMatchObject({ buses: 3, revision })
    expect(readdirSync(join(folder, 'data')).sort()).toEqual([
      `config-${revision}.json`,
      'config-pointer.json',
    ])
  })
})

describe('what cannot be used is rolled back, and said', () => {
  test('the third start on trial', () => {
    const old = settled(2)
    const bad = begin(3)
    expect([start().buses, start().buses]).toEqual([3, 3])
    const { source, buses, revision } = start()
    expect({ buses, revision }).toEqual({ buses: 2, revision: old })
    expect(source.outcome).toMatchObject({
      revision: bad,
      state: 'rolledBack',
      issues: [{ reason: expect.stringMatching(/2 times/) as string }],
    })
    expect(start()).toMatchObject({ buses: 2, revision: old })
  })

  test('starts that ended in good order don’t count', () => {
    const revision = begin(3)
    for (let i = 0; i < 5; i++) {
      const { source } = start()
      expect(source.reload().source.revision).toBe(revision)
      source.forgetStarts()
    }
  })

  test.each([
    ['its file is gone', (revision: string) => rmSync(data(`config-${revision}.json`)), /missing/],
    [
      'its file is damaged',
      (revision: string) => writeFileSync(data(`config-${revision}.json`), '{"buses":[{"password":"geheim'),
      /damaged/,
    ],
    [
      'this agent does not know its driver',
      (revision: string) =>
        writeFileSync(
          data(`config-${revision}.json`),
          JSON.stringify({ buses: [{ key: 'x', driver: 'knx' }], devices: [] }),
        ),
      /not a known driver/,
    ],
  ] as const)('%s: back to the one before, or to the file', (_name, spoil, words) => {
    const old = settled(2)
    spoil(begin(3))
    const { source, revision } = start()
    expect(revision).toBe(old)
    expect(JSON.stringify(source.outcome)).toMatch(words)
    expect(JSON.stringify(source.outcome)).not.toContain('geheim')
    spoil(old)
    expect(start()).toMatchObject({ buses: 1, revision: null })
  })

  test('a damaged pointer: the file, and a clean slate', () => {
    settled(2)
    writeFileSync(data('config-pointer.json'), '{')
    expect(start()).toMatchObject({ buses: 1, revision: null })
    expect(existsSync(data('config-pointer.json'))).toBe(false)
  })
})

test('faults of buses and devices in the file don\u2019t matter while the hub\u2019s configuration runs; those of gateway do', () => {
  const revision = settled(2)
  writeFileSync(file, readFileSync(file, 'utf8').replace('"modbus"', '"knx"'))
  expect(start()).toMatchObject({ buses: 2, revision })
  writeFileSync(file, readFileSync(file, 'utf8').replace('"name":"box",', ''))
  expect(() => start()).toThrow(/1 fault/)
})
