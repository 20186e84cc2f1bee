/** What the hub and the process that writes a file say to each other. */
import type { ExportOrder } from './order.ts'

/** To the process, once. */
export interface Task {
  /** With the password: it goes over the channel between the two, never into arguments or the environment. */
  readonly databaseUrl: string
  readonly order: ExportOrder
}

/** From the process, once, at its end. */
export type Report =
  | { readonly rows: number; readonly peakRssKb: number | null }
  | { readonly fault: string; readonly code: string | null }

/** Descriptor under which the process finds the open file: its place in `stdio` when it is started. */
export const FILE_DESCRIPTOR = 3
