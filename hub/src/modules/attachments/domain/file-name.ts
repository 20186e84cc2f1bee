/** A name that any system can keep and that shows what it is, made of whatever somebody called a file. */

/** Characters that say nothing, steer terminals, or turn the direction of writing (`gpj.exe` read as `exe.jpg`). */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu
const forbidden = /[<>:"|?*]/g
const MOST_CHARACTERS = 120

/**
 * @param extensions of the type that its bytes told, the usual one first
 * @param known all extensions that may be replaced by another; others become part of the name
 */
export function fileNameOf(
  given: string,
  extensions: readonly [string, ...string[]],
  known: ReadonlySet<string>,
): string {
  const last = given.normalize('NFC').split(/[/\\]/).at(-1)!
  const clean = last
    .replaceAll(/[\s\u2028\u2029]+/g, ' ')
    .replaceAll(unseen, '')
    .replaceAll(forbidden, '_')
    .replace(/[. ]+$/, '')
  const point = clean.lastIndexOf('.')
  const said = point < 0 ? '' : clean.slice(point + 1).toLowerCase()
  const fits = extensions.includes(said)
  const base = fits || known.has(said) ? clean.slice(0, point) : clean
  const short = [...base.replace(/^[. ]+/, '')].slice(0, MOST_CHARACTERS).join('').trimEnd()
  return `${short || 'file'}.${fits ? said : extensions[0]}`
}
