/** These stay in the log and with the cursor; no caller sees them. */
export const mirrorErrors = {
  /** The time-series database answered with something other than success. */
  refused: 'mirror.refused',
} as const
