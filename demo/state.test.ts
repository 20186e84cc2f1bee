import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { toCsv } from './csv.ts'
import { choosePorts } from './ports.ts'
import { newPassword, StateFile } from './state.ts'

const first = () => ({
  seed: 1,
  stepMinutes: 15,
  password: newPassword(),
  ports: {},
  history: { from: '2026-09-29T16:00:00.000Z', to: '2026-11-21T10:00:00.000Z' },
  billMonth: '2026-10',
  done: [],
})

test('the state survives a restart, is private, and is never overwritten when it does not parse', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'courtyard-state-'))
  try {
    const file = await StateFile.open(folder, first)
    await file.markDone('estate')
    await file.markDone('estate')
    const again = await StateFile.open(folder, first)
    expect(again.value).toEqual(file.value)
    expect(again.value.done).toEqual(['estate'])
    expect((await stat(file.path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['demo.json'])
    await writeFile(file.path, '{"seed":')
    await expect(StateFile.open(folder, first)).rejects.toThrow()
    expect(await readFile(file.path, 'utf8')).toBe('{"seed":')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('passwords differ and are long enough for the hub', () => {
  const made = new Set(Array.from({ length: 100 }, newPassword))
  expect(made.size).toBe(100)
  for (const password of made) expect(password).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){2}$/)
})

test('a port that is taken is replaced by a free one, the hub port never', async () => {
  const taken = createServer().listen(0)
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  try {
    const ports = await choosePorts(port, { mqtt: port })
    expect(ports.hub).toBe(port)
    expect(ports.mqtt).toBeGreaterThan(port)
  } finally {
    taken.close()
  }
})

test('CSV quotes what needs quoting', () => {
  expect(toCsv([{ a: 'x,y', b: 'say "hi"', c: null, d: 3 }])).toBe('a,b,c,d\n"x,y","say ""hi""",,3\n')
})
