/**
 * A simulated plant as a process of its own, for tests that share no code with it: JSON lines on standard input
 * `{id, call, args}`, answers `{id, result}` or `{id, error}` on standard output. Ends with its input.
 */
import { createInterface } from 'node:readline'
import { SimulatedPlant, type PlantFault, type PlantOptions } from './plant.ts'

let plant: SimulatedPlant | null = null

async function perform(call: string, args: readonly unknown[]): Promise<unknown> {
  if (call === 'start') {
    plant = await SimulatedPlant.start(args[0] as PlantOptions)
    return { port: plant.port, url: plant.url, thumbprint: plant.thumbprint() }
  }
  if (!plant) throw new Error('the plant is not started')
  switch (call) {
    case 'fault':
      return plant.setFault(args[0] as string, args[1] as PlantFault | null)
    case 'set':
      return plant.set(args[0] as string, args[1], args[2] as number | undefined)
    case 'value':
      return plant.valueOf(args[0] as string)
    case 'mute':
      return plant.muteSubscriptions()
    case 'cut':
      return plant.cutConnections()
    case 'counters':
      return plant.counters
    case 'stop':
      return plant.stop()
    default:
      throw new Error(`no call ${call}`)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line) as { id: number; call: string; args: readonly unknown[] }
  const answer = await perform(call, args).then(
    (result) => ({ id, result: result ?? null }),
    (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
  )
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)
