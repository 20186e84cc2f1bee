/** Rows as CSV (RFC 4180), columns in the order of the first row's keys. */
export function toCsv(rows: readonly Record<string, string | number | null>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const cell = (value: string | number | null | undefined) => {
    const text = value === null || value === undefined ? '' : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(','))
  return [columns.join(','), ...lines, ''].join('\n')
}
