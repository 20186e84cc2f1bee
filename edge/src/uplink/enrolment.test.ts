import { createServer, type Server } from 'node:http'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { errorCodes } from '../errors.ts'
import { credentialsFile, readCredentials, writeCredentials } from './credentials.ts'
import { enrol } from './enrolment.ts'

const answer = {
  gatewayId: '5b0d4d52-9a0e-4a8e-8f0e-6f2d3a1c9b7e',
  mqttUrl: 'mqtt://127.0.0.1:1883',
  username: 'u',
  password: 'a-very-secret-word',
}
let server: Server | null = null
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-enrol-'))
})
afterEach(() => {
  server?.close()
  server = null
  rmSync(folder, { recursive: true })
})

async function hubAnswering(status: number, body: string): Promise<string> {
  server = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const request = { token: 'one-time-token-0123456789', agentVersion: '1' }
const signal = () => new AbortController().signal

test('a good token becomes credentials', async () => {
  expect(await enrol({ url: await hubAnswering(200, JSON.stringify(answer)) }, request, signal())).toEqual(
    answer,
  )
})

test.each([
  [401, '{}', errorCodes.enrolmentRefused],
  [410, '', errorCodes.enrolmentRefused],
  [500, '', errorCodes.enrolmentFailed],
  [429, '', errorCodes.enrolmentFailed],
  [200, 'not json', errorCodes.enrolmentFailed],
  [200, '{"gatewayId":"x"}', errorCodes.enrolmentFailed],
])('HTTP %i %s is %s', async (status, body, code) => {
  await expect(enrol({ url: await hubAnswering(status, body) }, request, signal())).rejects.toMatchObject({
    code,
  })
})

test('a hub that is not there is worth another try', async () => {
  await expect(enrol({ url: 'http://127.0.0.1:1' }, request, signal())).rejects.toMatchObject({
    code: errorCodes.enrolmentFailed,
  })
})

test('credentials are written whole, for their owner only, and read back', () => {
  const file = credentialsFile(join(folder, 'new'))
  expect(readCredentials(file)).toBeNull()
  writeCredentials(file, answer)
  writeCredentials(file, { ...answer, username: 'v' })
  expect(readCredentials(file)).toEqual({ ...answer, username: 'v' })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'new'))).toEqual(['credentials.json'])
})

test.each(['', '{"password":"a-very-secret-word"', '{"password":"a-very-secret-word"}'])(
  'a broken file (%j) is an error that does not quote it',
  (text) => {
    const file = credentialsFile(folder)
    writeFileSync(file, text)
    try {
      readCredentials(file)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: errorCodes.credentialsInvalid })
      expect(JSON.stringify(error) + String(error)).not.toContain('secret')
    }
  },
)
