/** Text tables for people; Chinese characters take two columns of a terminal. */

/** East Asian wide and full-width ranges (Unicode Standard Annex 11) that names and labels are made of. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/gu

export function widthOf(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0)
}

/** Columns aligned, two spaces between; `right` lists the columns of numbers. The last column is not padded. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, widthOf(cell))),
    [],
  )
  const lines = rows.map((row) =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat(widths[i]! - widthOf(cell))
        if (right.includes(i)) return gap + cell
        return i === row.length - 1 ? cell : cell + gap
      })
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** No control characters of a device or a file reach the terminal. */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ')
} // prettier-ignore
