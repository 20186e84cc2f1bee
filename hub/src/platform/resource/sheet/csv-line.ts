/** CSV as spreadsheet programs read it, one line at a time. */

/** Cells that a spreadsheet program would take for a formula; a tab or return may hide one. */
const dangerous = /^[=+\-@\t\r]/

/**
 * One line. A text that begins like a formula gets an apostrophe before it, which spreadsheet programs do not show;
 * numbers are as they are.
 */
export function csvLine(cells: readonly { readonly text: string; readonly isNumber: boolean }[]): string {
  return `${cells.map(({ text, isNumber }) => csvCell(isNumber ? text : harmless(text))).join(',')}\r\n`
}

function harmless(text: string): string {
  return dangerous.test(text) ? `'${text}` : text
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Undoes `harmless`, so that an export comes in again as it was. */
export function withoutGuard(cell: string): string {
  return cell.startsWith("'") && dangerous.test(cell.slice(1)) ? cell.slice(1) : cell
}
