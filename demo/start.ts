/** `npm start`: the whole product with a simulated neighbourhood. See README.md beside this file. */
import * as z from 'zod'
import { Demo } from './demo.ts'
import { isWrongPassword } from './steps/accounts.ts'
import { demoOptions, type DemoOptions } from './settings.ts'
import { say } from './words.ts'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`需要 Node 24，请用 npm start 启动 — needs Node 24, found ${process.version}: use npm start`)
  process.exit(2)
}

const options = readOptions()
const demo = new Demo(options, () => void end(1))
let ending = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending && signal === 'SIGINT') {
      demo.kill()
      process.exit(130)
    }
    void end(0)
  })
}

try {
  await demo.run()
} catch (error) {
  if (!ending) await fail(error)
}

function readOptions(): DemoOptions {
  try {
    return demoOptions(process.env, process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    for (const issue of error.issues) console.error(`${issue.path.join('.')}: ${issue.message}`)
    process.exit(2)
  }
}

/** What is wrong with the demo's own steps is told; the product keeps running when a person could still use it. */
async function fail(error: unknown): Promise<void> {
  if (isWrongPassword(error)) {
    say('演示密码已被修改，演示步骤到此为止', "admin's password was changed: the demo's own steps end here")
    return
  }
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)
  if (demo.serving)
    say('其余继续运行，重新启动将从此处继续', 'the rest keeps running; the next start goes on from here')
  else await end(1)
}

async function end(code: number): Promise<void> {
  if (ending) return
  ending = true
  say('正在停止', 'stopping')
  await demo.stop()
  say('已停止', 'stopped')
  process.exit(code)
}
