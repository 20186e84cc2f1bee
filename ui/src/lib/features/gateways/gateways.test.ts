import type { ConfigState, GatewayHealthSummary } from '@courtyard/protocols/contract'
import { describe, expect, it } from 'vitest'
import { enrolmentCommand, enrolmentLink, plainFingerprint } from '../devices/enrolment.ts'
import { siteSnippet } from '../devices/site-snippet.ts'
import { errorShare, sortDevices } from './device-order.ts'
import { certificateState, clockState, needsAttention, offsetText, openRevision } from './gateway-health.ts'

describe('health', () => {
  it('says what a clock is worth', () => {
    expect(clockState({ clockOffsetMs: null, clockTrusted: null })).toBe('unknown')
    expect(clockState({ clockOffsetMs: 0, clockTrusted: false })).toBe('untrusted')
    expect(clockState({ clockOffsetMs: -60_000, clockTrusted: true })).toBe('wrong')
    expect(clockState({ clockOffsetMs: 120, clockTrusted: true })).toBe('good')
    expect([-3, 2400, -300_000, 10_800_000, 5e9].map(offsetText)).toEqual([
      '−3 ms',
      '+2.4 s',
      '−5 min',
      '+3.0 h',
      '+58 d',
    ])
  })
  it('warns before a certificate ends', () => {
    const now = Date.parse('2026-11-22T00:00:00Z')
    const until = (days: number, revokedAt: string | null = null) => ({
      serial: '1',
      issuedAt: '2026-01-01T00:00:00Z',
      expiresAt: new Date(now + days * 86_400_000).toISOString(),
      revokedAt,
    })
    expect(certificateState(null, now)).toBe('none')
    expect(certificateState(until(60), now)).toBe('good')
    expect(certificateState(until(13), now)).toBe('soon')
    expect(certificateState(until(-1), now)).toBe('expired')
    expect(certificateState(until(60, '2026-11-01T00:00:00Z'), now)).toBe('revoked')
  })
})

describe('a row of the list', () => {
  const running = (newest: { number: number; state: ConfigState } | null) =>
    openRevision({ source: 'hub', running: 3, newest })
  it('speaks of a revision that the gateway has not taken up', () => {
    expect(running(null)).toBeNull()
    expect(running({ number: 3, state: 'running' })).toBeNull()
    expect(running({ number: 4, state: 'superseded' })).toBeNull()
    for (const state of ['pending', 'refused', 'rolledBack'] as const) {
      expect(running({ number: 4, state })).toEqual({ number: 4, state })
    }
  })
  it('needs attention for each of its reasons, and for none else', () => {
    const now = Date.parse('2026-11-22T00:00:00Z')
    const good: GatewayHealthSummary = {
      gatewayId: 'g',
      state: 'online',
      agentVersion: '1',
      startedAt: null,
      statusAt: null,
      clockOffsetMs: 3,
      clockTrusted: true,
      certificate: null,
      outbox: null,
      config: { source: 'hub', running: 3, newest: { number: 4, state: 'pending' } },
      buses: { total: 2, disconnected: 0, highestLoad: 1, missedDeadlines: 9 },
      requests: 9,
      errors: 9,
    }
    const ends = { serial: '1', issuedAt: '2026-01-01T00:00:00Z', expiresAt: '2026-11-25T00:00:00Z' }
    expect(needsAttention(good, now)).toBe(false)
    const bad: Partial<GatewayHealthSummary>[] = [
      { state: 'offline' },
      { clockTrusted: false },
      { clockOffsetMs: 90_000 },
      { certificate: { ...ends, revokedAt: null } },
      { buses: { ...good.buses, disconnected: 1 } },
      { config: { ...good.config, newest: { number: 4, state: 'refused' } } },
    ]
    expect(bad.map((change) => needsAttention({ ...good, ...change }, now))).toEqual(bad.map(() => true))
  })
})

describe('devices of a gateway', () => {
  const row = (name: string, errors: number, latencyMs: number | null) => ({
    id: name, key: name, name, bus: 'b', state: 'online', latencyMs, requests: 200, errors, lastGoodAt: null, message: null,
  }) // prettier-ignore
  it('are sorted by a column, equal ones by name as people count', () => {
    const rows = [row('m10', 0, 5), row('m2', 0, null), row('m1', 3, 9)]
    expect(sortDevices(rows, '-errors').map(({ name }) => name)).toEqual(['m1', 'm2', 'm10'])
    expect(sortDevices(rows, 'latency').map(({ name }) => name)).toEqual(['m2', 'm10', 'm1'])
    expect(errorShare({ requests: 200, errors: 3 })).toBe('1.5%')
    expect(errorShare({ requests: 0, errors: 0 })).toBe('')
  })
})

describe('enrolment', () => {
  it('gives the link that the agent takes', () => {
    const link = enrolmentLink('https://hub.example:8443', 'tok-en', 'ab12')
    const url = new URL(link)
    expect(url.protocol).toBe('courtyard:')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      hub: 'https://hub.example:8443',
      token: 'tok-en',
      ca: 'ab12',
    })
    expect(enrolmentLink('http://h', 't', null)).not.toContain('ca=')
    expect(enrolmentCommand(link)).toBe(`courtyard-edge run --enrol '${link}'`)
    expect(link).not.toContain("'")
    expect(plainFingerprint('66:AF:0b')).toBe('66af0b')
  })
  it('names the fingerprint in the site file', () => {
    expect(siteSnippet('https://h', 't', 'x', 'ab12')).toContain('  caSha256: ab12\n')
    expect(siteSnippet('https://h', 't', 'x')).not.toContain('caSha256')
  })
})
