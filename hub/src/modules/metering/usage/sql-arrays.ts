/** Arrays of integers as PostgreSQL reads and writes them: `{1,NULL,3}`. */
export function bigintArray(text: string): (bigint | null)[] {
  if (text === '{}') return []
  return text
    .slice(1, -1)
    .split(',')
    .map((value) => (value === 'NULL' ? null : BigInt(value)))
}

export function arrayText(values: readonly (bigint | number | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : String(value))).join(',')}}`
}
