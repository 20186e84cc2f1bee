/** Phone and identity numbers as those see them who may not see them whole. */

/** `13800001234` → `138****1234`; of a short number only the last two digits stay. */
export function maskPhone(phone: string): string {
  return masked(phone, 3, 4)
}

/** `110101199003078888` → `110***********8888`, the length as it is. */
export function maskIdentityNumber(number: string): string {
  return masked(number, 3, 4)
}

function masked(text: string, before: number, after: number): string {
  const characters = [...text]
  if (characters.length < before + after + 3) {
    return '*'.repeat(Math.max(characters.length - 2, 0)) + characters.slice(-2).join('')
  }
  const hidden = '*'.repeat(characters.length - before - after)
  return characters.slice(0, before).join('') + hidden + characters.slice(-after).join('')
}
