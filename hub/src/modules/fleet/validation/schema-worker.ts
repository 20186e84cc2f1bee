/**
 * Checks parts of a configuration against JSON Schemas that a gateway has sent. They come from outside and may hold
 * patterns that take for ever, so this runs in a thread of its own, which can be ended.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { narrowUnions } from './narrow-unions.ts'
import type { SchemaJob, SchemaProblem } from './schema-check.ts'

const MOST_PROBLEMS = 300

function run({ schemas, parts }: SchemaJob): SchemaProblem[] {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    logger: false,
    verbose: true,
  })
  const checks = new Map<string, ValidateFunction>()
  const problems: SchemaProblem[] = []
  for (const { schema, path, value } of parts) {
    let check = checks.get(schema)
    if (!check) checks.set(schema, (check = ajv.compile(narrowUnions(schemas[schema]) as object)))
    if (check(value)) continue
    for (const error of (check.errors ?? []).slice(0, MOST_PROBLEMS)) problems.push(problemOf(path, error))
    if (problems.length >= MOST_PROBLEMS) break
  }
  return problems.slice(0, MOST_PROBLEMS)
}

function problemOf(path: string, error: ErrorObject): SchemaProblem {
  const { instancePath, keyword, params, message, data } = error
  return { path, instancePath, keyword, params, message: message ?? keyword, value: plain(data) }
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? undefined : value
}

parentPort!.postMessage(run(workerData as SchemaJob))
