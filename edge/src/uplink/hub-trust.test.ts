import { describe, expect, test } from 'vitest'
import { errorCodes } from '../errors.ts'
import { parseEnrolLink } from './enrol-link.ts'
import { checkPlainHttp, isNearby } from './hub-trust.ts'

test.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.31.255.1', true],
  ['172.32.0.1', false],
  ['192.168.1.5', true],
  ['100.64.0.1', true],
  ['169.254.3.3', true],
  ['8.8.8.8', false],
  ['[::1]', true],
  ['[fd00::5]', true],
  ['[2001:4860::1]', false],
  ['[::ffff:8.8.8.8]', false],
  ['localhost', true],
])('%s is near: %s', async (host, near) => {
  expect(await isNearby(host)).toBe(near)
})

test('a token goes over plain http to a near hub only, unless a person allows it', async () => {
  const far = new URL('http://8.8.8.8/')
  await expect(checkPlainHttp(far, false)).rejects.toMatchObject({ code: errorCodes.enrolmentInsecure })
  await expect(checkPlainHttp(far, true)).resolves.toBeUndefined()
  await expect(checkPlainHttp(new URL('https://8.8.8.8/'), false)).resolves.toBeUndefined()
  await expect(checkPlainHttp(new URL('http://10.0.0.1/'), false)).resolves.toBeUndefined()
  await expect(checkPlainHttp(new URL('http://no-such-host.invalid/'), false)).rejects.toMatchObject({
    code: errorCodes.enrolmentFailed,
  })
})

describe('the enrolment link', () => {
  const token = 'one-time-token-0123456789'
  const ca = 'ab'.repeat(32)

  test('says hub, token and fingerprint, whatever is in them', () => {
    expect(
      parseEnrolLink(
        `courtyard://enrol?hub=https%3A%2F%2Fhub.example%3A8443&token=${token}&ca=${ca.toUpperCase()}`,
      ),
    ).toEqual({ url: 'https://hub.example:8443', enrolmentToken: token, caSha256: ca })
    const odd = new URLSearchParams({ hub: 'http://10.0.0.1/base', token: 'a+b/c=&d%20e--------' })
    expect(parseEnrolLink(`  courtyard://enrol?${odd.toString()}\n`)).toEqual({
      url: 'http://10.0.0.1/base',
      enrolmentToken: 'a+b/c=&d%20e--------',
    })
  })

  test.each([
    ['', /should look like/],
    [`https://enrol?hub=http://x&token=${token}`, /should look like/],
    [`courtyard://enrol?hub=ftp://x&token=${token}`, /not an http/],
    ['courtyard://enrol?hub=http://x&token=short', /cut off/],
    [`courtyard://enrol?hub=http://x&token=${token}&ca=abc`, /fingerprint/],
  ])('%s is refused without quoting the token', (text, words) => {
    try {
      parseEnrolLink(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: errorCodes.usage, message: expect.stringMatching(words) as string })
      expect(String(error)).not.toContain(token)
    }
  })
})
