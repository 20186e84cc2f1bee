/** Personal data that only some may see whole: phone and identity numbers. */
import type { RowPlace } from './grant.ts'
import { opens, type Viewer } from './user.ts'

export { maskIdentityNumber, maskPhone } from './mask.ts'

/** Lets a person see phone and identity numbers whole, in the place of the grant. */
export const SEE_SENSITIVE = 'sensitive.read'

export function maySeeSensitive(user: Viewer, row: RowPlace): boolean {
  return opens(user, SEE_SENSITIVE, row)
}
