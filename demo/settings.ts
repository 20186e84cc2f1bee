import { join, resolve } from 'node:path'
import * as z from 'zod'

/** What a person may set for `npm start`, besides the hub's own variables (hub/CONFIG.md). */
export const DemoSettings = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535).default(8080).describe('Port of the console'),
  COURTYARD_DATA: z.string().min(1).default('./data').describe('Folder of everything that is kept'),
  DEMO_HISTORY_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(300)
    .default(40)
    .describe('Days of history; it always reaches back to before last month'),
  DEMO_HISTORY_STEP_MINUTES: z.coerce
    .number()
    .int()
    .refine((value) => [15, 30, 60].includes(value), 'must be 15, 30 or 60')
    .default(15)
    .describe('Minutes between the readings of the history'),
  DEMO_SEED: z.coerce.number().int().min(0).default(1).describe('Seed of the simulated neighbourhood'),
})

export interface DemoOptions {
  readonly root: string
  readonly dataFolder: string
  readonly port: number
  readonly historyDays: number
  readonly stepMinutes: number
  readonly seed: number
  /** Restart programs when their source changes, and serve the console by Vite. */
  readonly dev: boolean
}

/** Throws ZodError with all faults. */
export function demoOptions(env: NodeJS.ProcessEnv, args: readonly string[]): DemoOptions {
  const settings = DemoSettings.parse(env)
  return {
    root: join(import.meta.dirname, '..'),
    dataFolder: resolve(settings.COURTYARD_DATA),
    port: settings.PORT,
    historyDays: settings.DEMO_HISTORY_DAYS,
    stepMinutes: settings.DEMO_HISTORY_STEP_MINUTES,
    seed: settings.DEMO_SEED,
    dev: args.includes('--dev'),
  }
}
