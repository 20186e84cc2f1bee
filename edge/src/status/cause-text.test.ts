import { expect, test } from 'vitest'
import type { AppError } from '@courtyard/protocols/contract'
import { connectTcp } from '../drivers/tcp-transport.ts'
import { enrol } from '../uplink/enrolment.ts'
import { causeInChinese } from './cause-text.ts'

test.each([
  ['no reply within 1000 ms', '1000 毫秒内无应答'],
  ['10.0.0.5:502: ECONNREFUSED', '10.0.0.5:502：连接被拒绝'],
  ['10.0.0.5:502: no connection within 300 ms', '10.0.0.5:502：300 毫秒内无法连接'],
  ['connect ECONNREFUSED 127.0.0.1:1883', '连接被拒绝（127.0.0.1:1883）'],
  ['getaddrinfo ENOTFOUND hub.example', '找不到主机（hub.example）'],
  ['read ECONNRESET', '连接被重置'],
  ['connection broke: ECONNRESET', '连接中断（连接被重置）'],
  ['Modbus exception 2: Illegal data address (register not supported by device)', 'Modbus 异常 2：非法数据地址'],
  ['a reply of unit 8 in place of unit 7', '站号 7 的请求收到站号 8 的应答'],
  ['Connection refused: Not authorized', '平台拒绝了本网关的凭据'],
  ['words of a library that nobody knows', 'words of a library that nobody knows'],
])('%s', (cause, chinese) => {
  expect(causeInChinese(cause)).toBe(chinese)
}) // prettier-ignore

test('what the agent really says when nobody listens is known', async () => {
  const causes = await Promise.all([
    connectTcp({ host: '127.0.0.1', port: 1 }, 1_000).catch((error: unknown) => error),
    enrol(
      { url: 'http://127.0.0.1:1' },
      { token: 't'.repeat(16), agentVersion: '1' },
      new AbortController().signal,
    ).catch((error: unknown) => error),
  ])
  for (const cause of causes) expect(causeInChinese((cause as AppError).message)).toMatch(/[\u4e00-\u9fff]/)
})
