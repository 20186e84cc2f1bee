/** Options of the simulator, from code, flags and environment. */
import { AppError, type InputIssue } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { SimulatorErrorCode } from './errors.ts'
import type { SerialOptions } from './serial/serial-device.ts'
import { DEFAULT_ENDPOINTS, MAX_ENDPOINTS } from './site/bench-site.ts'

const port = z.coerce.number().int().min(0).max(65_535)

const serialLine = /^([^=]+)=([^,]+)(?:,(\d+))?(?:,8([NEO])([12]))?$/

export const SimulatorOptions = z.strictObject({
  /** Another seed, another neighbourhood; the same seed, the same to the last digit. */
  seed: z.coerce.number().int().min(0).max(0xffff_ffff).default(1),
  /** Endpoints listen on the ports after this one; 0 takes free ports. */
  portBase: port.max(65_500).default(15_020),
  /** Control port; 0 takes a free one. */
  controlPort: port.default(15_000),
  /** The endpoints also speak RTU over TCP on the ports after this one; 0 takes free ports. Absent: they don't. */
  rtuPortBase: port.max(65_500).optional(),
  /** One endpoint also on a serial port, as `endpoint=path` or `endpoint=path,9600,8E1`. */
  serial: z.string().regex(serialLine, 'expects endpoint=path,9600,8N1').optional(),
  /** Terminals and meter lines of other protocols listen on the ports after it; 0 takes free ports. Absent: there are none. */
  devicePortBase: port.max(65_500).optional(),
  /** Address that the Modbus endpoints and terminals listen on; the control port is always on localhost. */
  host: z.string().min(1).default('127.0.0.1'),
  /** File in which replacements and rollovers outlive the process; without it they end with it. */
  stateFile: z.string().min(1).optional(),
  /** Instead of the neighbourhood: so many like meters, to measure polling. */
  meters: z.coerce.number().int().min(1).max(5_000).optional(),
  /** With `meters`: how many TCP endpoints they are spread over, and of which profile they are. */
  endpoints: z.coerce.number().int().min(1).max(MAX_ENDPOINTS).default(DEFAULT_ENDPOINTS),
  benchProfile: z.string().min(1).default('eastron-sdm630'),
})
export type SimulatorOptions = z.infer<typeof SimulatorOptions>
export type SimulatorOptionsInput = z.input<typeof SimulatorOptions>

/** Options of the site.yaml that is printed. */
export const SiteYamlOptions = z.strictObject({
  hubUrl: z.url().default('http://127.0.0.1:8080'),
  enrolmentToken: z.string().min(1).optional(),
  dataDir: z.string().min(1).default('./edge'),
  statusPort: port.default(9101),
})
export type SiteYamlOptions = z.infer<typeof SiteYamlOptions>

/** Checks input against a schema. Throws AppError `code` with `details.issues`: every path and reason. */
export function checked<S extends z.ZodType>(
  schema: S,
  input: unknown,
  code: string,
  what: string,
): z.output<S> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issues: InputIssue[] = parsed.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    reason: issue.message,
  }))
  const text = issues.map((issue) => `${issue.path || what}: ${issue.reason}`).join('; ')
  throw new AppError(code, `${what}: ${text}`, { details: { issues } })
}

export function checkedOptions(input: SimulatorOptionsInput): SimulatorOptions {
  return checked(SimulatorOptions, input, SimulatorErrorCode.badOptions, 'options of the simulator')
}

/** `endpoint=path,9600,8N1`, which the schema has checked, taken apart. */
export function parseSerialLine(text: string): SerialOptions & { readonly endpoint: string } {
  const [, endpoint, path, baudRate = '9600', parity = 'N', stopBits = '1'] = serialLine.exec(text)!
  return {
    ...{ endpoint: endpoint!, path: path!, baudRate: Number(baudRate) },
    parity: ({ N: 'none', E: 'even', O: 'odd' } as const)[parity as 'N' | 'E' | 'O'],
    stopBits: stopBits === '2' ? 2 : 1,
  }
}
