import { expect, it } from 'vitest'
import { codePath } from './code.ts'

/** Squares that a path covers, by row. */
function squaresOf({ modules, path }: { modules: number; path: string }): boolean[][] {
  const rows = Array.from({ length: modules }, () => Array.from({ length: modules }, () => false))
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(length); at++) rows[Number(y)]![Number(x) + at] = true
  }
  return rows
}

it('has the three eyes that readers look for, and no border', () => {
  const code = codePath('https://pay.example.com/?bill=WT-2026-000001')!
  const squares = squaresOf(code)
  const eye = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111']
  const at = (x: number, y: number) =>
    eye.map((_, row) =>
      squares[y + row]!.slice(x, x + 7)
        .map(Number)
        .join(''),
    )
  const far = code.modules - 7
  for (const [x, y] of [
    [0, 0],
    [far, 0],
    [0, far],
  ] as const)
    expect(at(x, y)).toEqual(eye)
  expect((code.modules - 17) % 4).toBe(0)
})

it('takes Chinese, and as much as a phone can read', () => {
  expect(codePath('云庭 1 栋 101')).not.toBeNull()
  expect(codePath('汉'.repeat(266))).not.toBeNull()
  expect(codePath('汉'.repeat(267))).toBeNull()
  expect(codePath('')).toBeNull()
})
