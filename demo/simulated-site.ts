import * as z from 'zod'

const Account = z.object({ code: z.string(), name: z.string(), building: z.string(), room: z.string() })

/** What the demo uses of the simulator's `GET /site`. */
export const SimulatedSite = z.object({
  project: z.object({ code: z.string(), name: z.string(), timeZone: z.string() }),
  buildings: z.array(z.object({ code: z.string(), name: z.string() })),
  rooms: z.array(
    z.object({
      building: z.string(),
      code: z.string(),
      kind: z.enum(['household', 'shop']),
      floor: z.number().int(),
      area: z.string(),
    }),
  ),
  households: z.array(Account),
  shops: z.array(Account),
  meters: z.array(
    z.object({
      key: z.string(),
      serial: z.string(),
      name: z.string(),
      medium: z.enum(['electricity', 'water', 'gas']),
      profile: z.string(),
      role: z.string(),
      building: z.string().nullable(),
      room: z.string().nullable(),
      parent: z.string().nullable(),
    }),
  ),
})
export type SimulatedSite = z.infer<typeof SimulatedSite>
export type SimulatedMeter = SimulatedSite['meters'][number]

/** Point of the register that a meter is billed by. */
export function registerPoint(meter: SimulatedMeter): 'energyImport' | 'volume' {
  return meter.medium === 'electricity' ? 'energyImport' : 'volume'
}

/** The simulator's control interface, as far as the demo and the tests use it. */
export class SimulatorControl {
  private readonly baseUrl: string

  constructor(port: number) {
    this.baseUrl = `http://127.0.0.1:${port}`
  }

  async site(): Promise<SimulatedSite> {
    return SimulatedSite.parse(await this.get('/site'))
  }

  /** What a meter shows at an instant, per point key, as decimal text. */
  async truth(meter: string, at: Date): Promise<Record<string, string>> {
    const answer = await this.get(`/truth?meter=${encodeURIComponent(meter)}&at=${at.toISOString()}`)
    return Truth.parse(answer).values
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`${this.baseUrl}/stats`)).ok
  }

  /** The old data logger's file: NDJSON, time-major. */
  historyUrl(fromMs: number, toMs: number, stepMinutes: number): string {
    const query = new URLSearchParams({
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      stepMinutes: String(stepMinutes),
    })
    return `${this.baseUrl}/history?${query.toString()}`
  }

  private async get(path: string): Promise<unknown> {
    const answer = await fetch(this.baseUrl + path)
    if (!answer.ok) throw new Error(`simulator ${path} → ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
}

const Truth = z.object({ values: z.record(z.string(), z.string()) })
