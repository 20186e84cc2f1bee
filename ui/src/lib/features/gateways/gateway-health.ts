/** What the numbers of a gateway's health mean. Pure. */
import type { GatewayHealth, GatewayHealthSummary } from '@courtyard/protocols/contract'

/** Beyond this a clock is wrong: readings of intervals would fall into the wrong quarter of an hour. */
export const CLOCK_LIMIT_MS = 5_000
/** Certificates are renewed with a third of their 90 days left; less than this means that renewal fails. */
export const CERTIFICATE_SOON_DAYS = 14

export type ClockState = 'unknown' | 'untrusted' | 'wrong' | 'good'
export function clockState(health: Pick<GatewayHealth, 'clockOffsetMs' | 'clockTrusted'>): ClockState {
  if (health.clockTrusted === false) return 'untrusted'
  if (health.clockOffsetMs === null) return 'unknown'
  return Math.abs(health.clockOffsetMs) > CLOCK_LIMIT_MS ? 'wrong' : 'good'
}

export type CertificateState = 'none' | 'revoked' | 'expired' | 'soon' | 'good'
export function certificateState(certificate: GatewayHealth['certificate'], now: number): CertificateState {
  if (!certificate) return 'none'
  if (certificate.revokedAt) return 'revoked'
  const left = Date.parse(certificate.expiresAt) - now
  if (left <= 0) return 'expired'
  return left < CERTIFICATE_SOON_DAYS * 86_400_000 ? 'soon' : 'good'
}

/** `−3 ms`, `+2.4 s`, `+3 h`: an offset in the unit that people would use. */
export function offsetText(ms: number): string {
  const size = Math.abs(ms)
  const sign = ms < 0 ? '\u2212' : '+'
  if (size < 1000) return `${sign}${Math.round(size)} ms`
  if (size < 120_000) return `${sign}${(size / 1000).toFixed(1)} s`
  if (size < 7_200_000) return `${sign}${Math.round(size / 60_000)} min`
  if (size < 172_800_000) return `${sign}${(size / 3_600_000).toFixed(1)} h`
  return `${sign}${Math.round(size / 86_400_000)} d`
}

type Config = GatewayHealthSummary['config']
/** The newest revision, when it is not what runs: on its way, or not taken. Null: there is nothing to say. */
export function openRevision({ running, newest }: Config): Config['newest'] {
  if (!newest || newest.number === running) return null
  return newest.state === 'running' || newest.state === 'superseded' ? null : newest
}

/** Something that a person should look at. */
export function needsAttention(health: GatewayHealthSummary, now: number): boolean {
  const certificate = certificateState(health.certificate, now)
  const revision = openRevision(health.config)?.state
  return (
    health.state === 'offline' ||
    health.buses.disconnected > 0 ||
    ['untrusted', 'wrong'].includes(clockState(health)) ||
    ['expired', 'soon'].includes(certificate) ||
    revision === 'refused' ||
    revision === 'rolledBack'
  )
}
