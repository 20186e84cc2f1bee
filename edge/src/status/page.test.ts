import { expect, test } from 'vitest'
import { StatusMessage } from '@courtyard/protocols/contract'
import { toStatusMessage, type AgentState } from './agent-state.ts'
import { renderPage } from './page.ts'

const state: AgentState = {
  name: '<script>alert("1")</script>',
  version: '0.1.0',
  atMs: 1_790_000_100_000,
  startedAtMs: 1_790_000_000_000,
  catalogueRevision: 'abcdef0123456789',
  configRevision: null,
  outbox: {
    id: '7f0c3f7e-8c55-4d8e-9b55-0d8c5e0e5f11',
    batches: 2,
    readings: 12_345,
    events: 0,
    bytes: 2_000_000,
    oldestAtMs: 1_790_000_000_000,
    acceptedReadings: 99_000,
    acceptedEvents: 0,
    importedReadings: 0,
    droppedReadings: 7,
    droppedEvents: 0,
    maxBytes: 512 * 1024 * 1024,
  },
  clock: { offsetMs: 12, isTrusted: true },
  process: { rssBytes: 90_000_000, cpu: 0.1, diskFreeBytes: 1e9 },
  uplink: {
    enrolled: true,
    connected: false,
    problem: 'connect ECONNREFUSED & more',
    certificateExpiresAtMs: null,
    inFlightBatches: 0,
    counters: { sentBatches: 0, sentReadings: 0, resentBatches: 0, acks: { committed: 0, duplicate: 0, quarantined: 0 } },
  },
  buses: [
    {
      key: 'b1',
      driver: 'modbus',
      address: '10.0.0.5:502',
      connected: true,
      load: 0.12345,
      missedDeadlines: 3,
      devices: [
        {
          key: 'm1',
          name: '1栋101 "电表"',
          state: 'offline',
          lastGoodAtMs: null,
          latencyMs: 12.3456,
          requests: 1_000,
          errors: 4,
          missedDeadlines: 1,
          message: 'no reply within 1000 ms',
        },
      ],
    },
  ],
} // prettier-ignore

test.each([
  ['zh', ['zh-CN', '12,345 条读数', '离线', '12.3 %', '100 秒前', '未连接', '1000 毫秒内无应答']],
  [
    'en',
    [
      'lang="en"',
      '12,345 readings',
      'Offline',
      '12.3 %',
      '100 s ago',
      'Not connected',
      'no reply within 1000 ms',
    ],
  ],
] as const)('%s: says what is so, in that language', (language, words) => {
  const page = renderPage(state, language)
  for (const word of words) expect(page).toContain(word)
})

test.each([
  ['zh', ['本机文件', '无（使用口令）', '可信', '0 个事件'], ['平台', '版本 7f0c3f7e', '2026-09-22', '不可信，读数待校时后上传', '3 个事件']],
  ['en', ['File of this box', 'None (password)', 'Trusted', '0 events'], ['Revision 7f0c3f7e', '2026-09-22', 'Not trusted', '3 events']],
] as const)('%s: clock, source of the configuration, certificate and events', (language, before, after) => {
  const page = renderPage(state, language)
  for (const word of before) expect(page).toContain(word)
  const other = renderPage(
    {
      ...state,
      configRevision: state.outbox.id,
      clock: { offsetMs: null, isTrusted: false },
      uplink: { ...state.uplink, certificateExpiresAtMs: Date.parse('2026-09-22T00:00:00Z') },
      outbox: { ...state.outbox, events: 3 },
    },
    language,
  )
  for (const word of after) expect(other).toContain(word)
}) // prettier-ignore

test('nothing of the configuration or of a device becomes markup', () => {
  const page = renderPage(state, 'en')
  expect(page).not.toContain('<script')
  expect(page).toContain('&lt;script&gt;')
  expect(page).toContain('ECONNREFUSED &amp; more')
  expect(page).toContain('&quot;电表&quot;')
})

test('the status message is what the contract says', () => {
  const message = StatusMessage.parse(toStatusMessage(state))
  expect(message).toMatchObject({
    outbox: { batches: 2, readings: 12_345, droppedReadings: 7 },
    buses: [{ key: 'b1', load: 0.1235 }],
    devices: [{ key: 'm1', state: 'offline', latencyMs: 12.35, message: 'no reply within 1000 ms' }],
  })
})
