/** InfluxDB line protocol v1: `measurement,tag=value field=1.5 1690000000000`. */
import { MEASUREMENT, type MirrorPoint } from './mirror-point.ts'

/** One line with its instant in milliseconds, without the line feed. */
export function toLine({ tags, value, quality, atMs }: MirrorPoint): string {
  let line = MEASUREMENT
  for (const [key, text] of Object.entries(tags)) line += `,${key}=${escapeTag(text)}`
  const fields = value === null ? `quality=${quality}` : `quality=${quality},value=${value}`
  return `${line} ${fields} ${atMs}`
}

/** A backslash at the end would swallow what follows; line feeds would end the line. */
function escapeTag(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/\\$/, '\\ ')
    .replace(/[,= ]/g, '\\$&')
}
