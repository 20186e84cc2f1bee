import type { FastifySchemaCompiler } from 'fastify'
import type * as z from 'zod'
import { withInput } from '../reasons/zod-reason.ts'

/** A part of a request that breaks its schema; what is said of it depends on who reads it. */
export class SchemaFault extends Error {
  readonly issues: readonly z.core.$ZodIssue[]
  /** `body`, `querystring`, `params`: set by Fastify. */
  validationContext?: string

  constructor(issues: readonly z.core.$ZodIssue[]) {
    super('The input is not valid')
    this.name = 'SchemaFault'
    this.issues = issues
  }
}

/** Unlike that of the type provider it keeps the issues whole, and what was given where. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const parsed = schema.safeParse(data, withInput)
    return parsed.success ? { value: parsed.data } : { error: new SchemaFault(parsed.error.issues) }
  }
