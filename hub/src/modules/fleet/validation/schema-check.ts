/** A configuration against the schemas of its gateway, as faults at the fields of a form. */
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { SECRET_MASK, type ManagedConfig } from '@courtyard/protocols/contract'
import type { InputFault } from '../../../platform/errors.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'
import type { FleetSchema } from '../domain/secret-places.ts'

const MOST_FAULTS = 200
const WITHIN_MS = 5_000
const MOST_HEAP_MB = 128

export interface SchemaJob {
  readonly schemas: Readonly<Record<string, unknown>>
  /** Each is checked against the schema of that name. */
  readonly parts: readonly { readonly schema: string; readonly path: string; readonly value: unknown }[]
}

export interface SchemaProblem {
  readonly path: string
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message: string
  /** Of the place, unless it is a list or an object. */
  readonly value: unknown
}

/**
 * Never throws for what a gateway's schema does: one that can't be used leaves the judgement to the gateway, and a
 * line in the log.
 */
export async function checkSchema(
  config: ManagedConfig,
  schema: FleetSchema,
  log: Logger,
  withinMs = WITHIN_MS,
): Promise<InputFault[]> {
  try {
    const problems = await inWorker(jobOf(config, schema), withinMs)
    return faultsOf(problems)
  } catch (error) {
    log.warn({ err: error, schema: schema.revision }, "a gateway's schema cannot be used for checks")
    return []
  }
}

function jobOf(config: ManagedConfig, schema: FleetSchema): SchemaJob {
  const schemas: Record<string, unknown> = {
    device: schema.device,
    outbox: schema.outbox,
    uplink: schema.uplink,
  }
  for (const { id, bus, address } of schema.drivers) {
    schemas[`bus ${id}`] = bus
    schemas[`address ${id}`] = address
  }
  const driverOfBus = new Map(config.buses.map(({ key, driver }) => [key, String(driver)]))
  const parts = [
    ...config.buses.map(({ key: _key, driver, ...value }, index) => {
      return { schema: `bus ${String(driver)}`, path: `buses[${index}]`, value }
    }),
    ...config.devices.flatMap(({ address, ...value }, index) => [
      { schema: 'device', path: `devices[${index}]`, value },
      {
        schema: `address ${driverOfBus.get(value.bus) ?? ''}`,
        path: `devices[${index}].address`,
        value: address ?? {},
      },
    ]),
    ...(config.outbox ? [{ schema: 'outbox', path: 'outbox', value: config.outbox }] : []),
    ...(config.uplink ? [{ schema: 'uplink', path: 'uplink', value: config.uplink }] : []),
  ]
  // What has no schema here is a fault of another kind: an unknown driver or bus
  return { schemas, parts: parts.filter((part) => Object.hasOwn(schemas, part.schema)) }
}

function inWorker(job: SchemaJob, withinMs: number): Promise<SchemaProblem[]> {
  const worker = new Worker(new URL('./schema-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  })
  return new Promise<SchemaProblem[]>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no end after ${withinMs} ms`)), withinMs)
    worker.once('message', (problems: SchemaProblem[]) => resolve(problems))
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(late)
      reject(new Error('ended without an answer'))
    })
  }).finally(() => void worker.terminate())
}

/** What stands around other keywords says nothing of its own: a union, a condition. */
function faultsOf(problems: readonly SchemaProblem[]): InputFault[] {
  const faults = new Map<string, InputFault>()
  for (const problem of problems) {
    // The gateway puts the secret in that it has
    if (problem.value === SECRET_MASK || ['anyOf', 'oneOf', 'if'].includes(problem.keyword)) continue
    const path = placeOf(problem)
    // One per field: the first thing to do there
    if (!faults.has(path)) faults.set(path, { path, reason: reasonOf(problem) })
  }
  return [...faults.values()].slice(0, MOST_FAULTS)
}

/** `/login/0/user` after `buses[1]` → `buses[1].login[0].user`. */
function placeOf({ path, instancePath, keyword, params }: SchemaProblem): string {
  const steps = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (keyword === 'required') steps.push(String(params.missingProperty))
  return path + steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('')
}

function reasonOf({ keyword, params, message }: SchemaProblem): Reason {
  const limit = Number(params.limit)
  switch (keyword) {
    case 'required':
      return { code: 'input.missing' }
    case 'type':
      return { code: 'input.type', expected: [params.type].flat().join(', ') }
    case 'minimum':
      return { code: 'input.too_small', least: limit }
    case 'maximum':
      return { code: 'input.too_big', most: limit }
    case 'minLength':
      return limit === 1 ? { code: 'input.empty' } : { code: 'input.too_short', least: limit }
    case 'maxLength':
      return { code: 'input.too_long', most: limit }
    case 'minItems':
      return { code: 'input.too_few', least: limit }
    case 'maxItems':
      return { code: 'input.too_many', most: limit }
    case 'enum':
      return { code: 'input.one_of', options: (params.allowedValues as unknown[]).map(String).join(', ') }
    case 'const':
      return { code: 'input.one_of', options: String(params.allowedValue) }
    case 'pattern':
      return { code: 'input.format' }
    case 'additionalProperties':
      return { code: 'input.unknown_keys', keys: String(params.additionalProperty) }
    default:
      return { code: 'input.other', text: message }
  }
}
