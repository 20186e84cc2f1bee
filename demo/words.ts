import { DEMO_ACCOUNTS } from './steps/accounts.ts'
import type { DemoPorts } from './ports.ts'

/** One line of progress in both languages. */
export function say(zh: string, en: string, after?: string): void {
  console.log(`· ${zh} — ${en}${after === undefined ? '' : ` (${after})`}`)
}

export function printSummary(about: {
  url: string
  password: string
  ports: DemoPorts
  pids: Record<string, number>
}): void {
  const { url, password, ports, pids } = about
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
      '正在运行 Running',
      ...running,
      '  Ctrl-C 停止 stops everything',
      '',
    ].join('\n'),
  )
}
