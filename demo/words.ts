import { DEMO_ACCOUNTS } from './steps/accounts.ts'
import { join } from 'node:path'
import type { DemoPorts } from './ports.ts'
import { ownerPhone } from './steps/people.ts'

/** One line of progress in both languages. */
export function say(zh: string, en: string, after?: string): void {
  console.log(`· ${zh} — ${en}${after === undefined ? '' : ` (${after})`}`)
}

export function printSummary(about: {
  url: string
  password: string
  ports: DemoPorts
  pids: Record<string, number>
  dataFolder: string
}): void {
  const { url, password, ports, pids, dataFolder } = about
  const messages = join(dataFolder, 'messages/sms-*.jsonl')
  const running = Object.entries({
    hub: `HTTP ${ports.hub}, MQTT ${ports.mqtt}`,
    edge: `http://127.0.0.1:${ports.edgeStatus}`,
    simulator: `Modbus TCP ${ports.meters + 1}…, doors and lines ${ports.devices + 1}…, control ${ports.simulatorControl}`,
  }).map(([name, where]) => `  ${name.padEnd(10)} pid ${String(pids[name] ?? '?').padEnd(8)} ${where}`)
  console.log(
    [
      '',
      `Courtyard 庭院   ${url}`,
      '',
      `演示账号 Demo accounts — 密码 password: ${password}`,
      ...DEMO_ACCOUNTS.map(({ username, role }) => `  ${username.padEnd(10)} ${role}`),
      '',
      `业主门户 Owner portal   ${url}/portal`,
      `  手机号 phone ${ownerPhone(1)}; 验证码 code: last line of ${messages}`,
      '',
      '正在运行 Running',
      ...running,
      '  Ctrl-C 停止 stops everything',
      '',
    ].join('\n'),
  )
}
