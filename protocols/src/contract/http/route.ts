/**
 * The HTTP interface of the hub as data: `'METHOD /path/:param'` → schemas. The hub registers its routes
 * from these tables (types, validation, OpenAPI); the browser imports only their types.
 */
import * as z from 'zod'

export interface RouteContract {
  readonly summary: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  /** JSON body; `csv` marks a `text/csv` body instead, `bytes` a file. */
  readonly body?: z.ZodType
  readonly csv?: true
  /** The body is a file: its bytes as they are, of any type. */
  readonly bytes?: true
  readonly response: z.ZodType
}
export type RouteTable = Readonly<
  Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`, RouteContract>
>

export const Id = z.uuid()
/** Exact decimal as text; numbers of money and quantity never travel as floats. */
export const DecimalText = z.string().regex(/^-?\d+(\.\d+)?$/)
/** Instant, ISO 8601 in UTC. */
export const Instant = z.iso.datetime()
/** Calendar day in the project's time zone, `2026-11-21`. */
export const Day = z.iso.date()
/** Calendar month in the project's time zone, `2026-11`. */
export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/)

export const idParams = z.object({ id: Id })

export const PageQuery = z.object({
  page: z.coerce.number().int().min(1).default(1),
  pageSize: z.coerce.number().int().min(1).max(500).default(50),
  /** Words to search for. */
  q: z.string().trim().max(100).optional(),
  /** Field to sort by, with `-` before it for descending. */
  sort: z.string().max(40).optional(),
})

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    total: z.number().int(),
    page: z.number().int(),
    pageSize: z.number().int(),
  })

/** Body of every answer that is not 2xx. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** What is wrong, field by field. */
    issues: z.array(z.object({ path: z.string(), reason: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  }),
})
export type ErrorBody = z.infer<typeof ErrorBody>

/** Result of a spreadsheet import; with errors nothing was stored. Rows count from 2, the head being row 1. */
export const ImportResult = z.object({
  dryRun: z.boolean(),
  rows: z.number().int(),
  created: z.number().int(),
  updated: z.number().int(),
  errors: z.array(z.object({ row: z.number().int(), column: z.string(), reason: z.string() })),
})
export type ImportResult = z.infer<typeof ImportResult>

export const ImportQuery = z.object({ dryRun: z.stringbool().default(false) })
export const Done = z.object({ ok: z.literal(true) })
