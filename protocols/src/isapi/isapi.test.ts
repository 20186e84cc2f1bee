import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { acsEvent, anprEvent, boundaryOf, digestAuthorization, liveAcsRecord, MultipartReader, parseChallenge, searchedAcsRecord } from './index.ts' // prettier-ignore

/** RFC 7616 §3.9.1. */
const CHALLENGES = [
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
]
const REQUEST = { method: 'GET', uri: '/dir/index.html', user: 'Mufasa', password: 'Circle of Life', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count: 1 } // prettier-ignore

test.each([
  [CHALLENGES, '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  [CHALLENGES.slice(1), '8ca523f5e9506fed4657c9700eebdbec'],
])('digest answers as RFC 7616 does', (challenges, response) => {
  const header = digestAuthorization(parseChallenge(challenges), REQUEST)
  expect(header).toContain(`response="${response}"`)
  expect(header).toContain('qop=auth, nc=00000001')
})

test('several challenges in one header; none that we can answer', () => {
  expect(parseChallenge([`Basic realm="x", ${CHALLENGES[1]}`]).algorithm).toBe('MD5')
  expect(() => parseChallenge(['Basic realm="x"'])).toThrow(/not digest/)
})

const STREAM = [
  '\r\n--MIME_boundary\r\nContent-Type: application/xml; charset="UTF-8"\r\nContent-Length: 3\r\n\r\n<a>\r\n',
  '--MIME_boundary\r\nContent-Type: image/jpeg\r\n\r\n\u00ff\u00d8\r\n--x\r\n',
  '--MIME_boundary\nContent-type: application/json\n\n{"b":1}\n',
  '--MIME_boundary\r\n',
].join('')

test.each([1, 2, 7, 1_000])(
  'a stream in chunks of %i bytes: with length, without, with bare line feeds',
  (size) => {
    const reader = new MultipartReader(boundaryOf('multipart/mixed; boundary=--MIME_boundary'), 1_000)
    const bytes = Buffer.from(STREAM, 'latin1')
    const bodies: string[] = []
    for (let at = 0; at < bytes.length; at += size) {
      for (const { body } of reader.push(bytes.subarray(at, at + size))) bodies.push(Buffer.from(body).toString('latin1')) // prettier-ignore
    }
    expect(bodies).toEqual(['<a>', '\u00ff\u00d8\r\n--x', '{"b":1}'])
  },
)

test('limits of a stream', () => {
  const reader = () => new MultipartReader('b', 100)
  expect(() => reader().push(Buffer.from('--b\r\nContent-Length: 101\r\n\r\n'))).toThrow(/101 bytes/)
  expect(() => reader().push(Buffer.from(`--b\r\nX: 1\r\n\r\n${'x'.repeat(200)}`))).toThrow(/without end/)
  expect(() => reader().push(Buffer.from(`--b\r\n${'x'.repeat(9_000)}`))).toThrow(/headers/)
  expect(() => boundaryOf('text/html')).toThrow(/not a multipart/)
})

test('whatever comes, the reader gives parts or an error and keeps little', () => {
  const piece = fc.constantFrom(
    '--b',
    '\r\n',
    '\n',
    'Content-Length: 5',
    ': ',
    'x',
    '\u00ff\u00d8',
    '--b--',
    '{"a":1}',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1')
      const reader = new MultipartReader('b', 50)
      try {
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
      } catch (error) {
        expect(error).toMatchObject({ code: 'isapi.bad_stream' })
      }
    }),
    { numRuns: 500 },
  )
})

const readTime = (text: string) => Date.parse(text)

test('a live event and the same from the log are one', () => {
  const live = { dateTime: '2026-09-08T07:42:18-04:00', eventType: 'AccessControllerEvent', AccessControllerEvent: { majorEventType: 5, subEventType: 75, name: 'Fulano', employeeNoString: '25', currentVerifyMode: 'cardOrFace', serialNo: 123, currentEvent: true, doorNo: 1 } } // prettier-ignore
  const logged = { time: '2026-09-08T07:42:18-04:00', major: 5, minor: 75, name: 'Fulano', employeeNoString: '25', serialNo: 123, doorNo: 1 } // prettier-ignore
  const event = acsEvent('d', liveAcsRecord(live, readTime)!)
  expect(event).toEqual({ id: 'acs/123/1788867738', device: 'd', atMs: 1_788_867_738_000, type: 'access', door: '1', granted: true, credential: 'face', person: '25', personName: 'Fulano' }) // prettier-ignore
  expect(acsEvent('d', searchedAcsRecord(logged, readTime)!)).toEqual(event)
})

test.each([
  [5, 0x09, { type: 'access', granted: false, credential: 'card', reason: 'unknown card' }],
  [5, 0x1b, { type: 'door', state: 'forced' }],
  [5, 0x1c, { type: 'door', state: 'heldOpen' }],
  [1, 0x404, { type: 'alarm', code: 'tamper', severity: 'critical', state: 'raised' }],
])('major %i minor %i', (major, minor, expected) => {
  expect(acsEvent('d', { serialNo: 1, atMs: 1_000, major, minor, fields: {} })).toMatchObject(expected)
})

test('what nobody needs to see is no event', () => {
  expect(acsEvent('d', { serialNo: 1, atMs: 0, major: 3, minor: 80, fields: {} })).toBeNull()
})

test('a vehicle as a DS-TCG camera tells it; a reverse one goes the other way', () => {
  const alert = { channelID: '1', dateTime: '2026-05-21T16:10:06+08:00', eventType: 'ANPR', ANPR: { licensePlate: '38AAP084', line: '1', direction: 'forward', confidenceLevel: '98', plateColor: 'unknown', vehicleType: 'bus', originalLicensePlate: '38AAP084', vehicleListName: 'otherList' }, UUID: '2026052116100697300edb' } // prettier-ignore
  const lane = { device: 'cam', direction: 'in' } as const
  expect(anprEvent(alert, lane, readTime, 'k.jpg')).toEqual({ id: 'anpr/2026052116100697300edb/1779351006', device: 'cam', atMs: 1_779_351_006_000, type: 'vehicle', lane: '1', direction: 'in', plate: '38AAP084', vehicleType: 'bus', confidence: 98, list: 'none', picture: 'k.jpg' }) // prettier-ignore
  const away = { ...alert, ANPR: { ...alert.ANPR, direction: 'reverse', originalLicensePlate: 'unknown', plateColor: 'green' } } // prettier-ignore
  expect(anprEvent(away, lane, readTime, null)).toMatchObject({
    direction: 'out',
    plate: '',
    plateColor: 'green',
  })
})
