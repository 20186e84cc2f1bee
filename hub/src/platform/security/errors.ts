import { registerErrors } from '../errors.ts'

export const securityErrors = {
  /** The key in the file or the environment cannot be used, or is not the one that the database was sealed with. */
  masterKey: { code: 'security.master_key', status: 503 },
  /** What is kept sealed does not open: another key, another place, or changed bytes. */
  cannotOpen: { code: 'security.cannot_open', status: 500 },
  /** A certificate request that the hub does not sign. */
  csrRefused: { code: 'security.csr_refused', status: 400 },
} as const

registerErrors(securityErrors)
