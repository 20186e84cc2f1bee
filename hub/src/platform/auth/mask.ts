/** Phone and identity numbers as those see them who may not see them whole. */

/** Characters that stay at the beginning and at the end of a number that is long enough. */
const BEFORE = 3
const AFTER = 4
const LEAST_HIDDEN = 3
/** Of a short one. */
const AFTER_SHORT = 2

/** `13800001234` → `138****1234`; of a short number only the last two digits stay. */
export function maskPhone(phone: string): string {
  return masked(phone)
}

/** `110101199003078888` → `110***********8888`, the length as it is. */
export function maskIdentityNumber(number: string): string {
  return masked(number)
}

function masked(text: string): string {
  const characters = [...text]
  if (characters.length < BEFORE + AFTER + LEAST_HIDDEN) {
    return '*'.repeat(Math.max(characters.length - AFTER_SHORT, 0)) + characters.slice(-AFTER_SHORT).join('')
  }
  const hidden = '*'.repeat(characters.length - BEFORE - AFTER)
  return characters.slice(0, BEFORE).join('') + hidden + characters.slice(-AFTER).join('')
}

/** The same in SQL. @param text an expression of the type text */
export function maskedSql(text: string): string {
  const hidden = (stays: number) => `repeat('*', greatest(length(${text}) - ${stays}, 0))`
  return `CASE WHEN length(${text}) < ${BEFORE + AFTER + LEAST_HIDDEN}
    THEN ${hidden(AFTER_SHORT)} || right(${text}, ${AFTER_SHORT})
    ELSE left(${text}, ${BEFORE}) || ${hidden(BEFORE + AFTER)} || right(${text}, ${AFTER}) END`
}
