/** Texts cut into lines of a width. Chinese breaks anywhere but before a comma; Latin between words, long words wherever. */
export type Measure = (text: string) => number

export interface TextLine {
  readonly text: string
  readonly width: number
}

/** Never at the beginning of a line, never at its end (GB/T 15834, and the same signs of Latin). */
const NOT_FIRST = /^[，。、；：！？）》〉」』】〕”’…—·％℃,.;:!?)\]}%]/u
const NOT_LAST = /[（《〈「『【〔“‘￥¥$([{]$/u
const WIDE = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u

/** @returns at least one line; line breaks of the text are kept */
export function linesOf(text: string, width: number, measure: Measure): TextLine[] {
  return text.split('\n').flatMap((paragraph) => wrap(paragraph, width, measure))
}

function wrap(paragraph: string, width: number, measure: Measure): TextLine[] {
  const lines: TextLine[] = []
  let line = ''
  const end = () => {
    const text = line.trimEnd()
    lines.push({ text, width: measure(text) })
    line = ''
  }
  for (const piece of piecesOf(paragraph)) {
    if (line !== '' && measure((line + piece).trimEnd()) > width) end()
    line += line === '' ? piece.trimStart() : piece
    if (measure(line.trimEnd()) <= width) continue
    // Longer than a line: an address without spaces, a number of 60 digits
    const parts = cut(line, width, measure)
    line = parts.pop()!
    for (const part of parts) lines.push({ text: part, width: measure(part) })
  }
  end()
  return lines
}

/** Parts between which a line may end. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (const token of text.match(/\s+|[^\s]/gu) ?? []) {
    const last = pieces.at(-1)
    if (last === undefined || mayBreak(last, token)) pieces.push(token)
    else pieces[pieces.length - 1] = last + token
  }
  return pieces
}

function mayBreak(before: string, token: string): boolean {
  if (/^\s/.test(token) || NOT_FIRST.test(token) || NOT_LAST.test(before)) return false
  if (/\s$/.test(before)) return true
  return WIDE.test(token) || WIDE.test([...before].at(-1)!)
}

function cut(text: string, width: number, measure: Measure): string[] {
  const parts = ['']
  for (const character of text) {
    const longer = parts.at(-1)! + character
    if (parts.at(-1) !== '' && measure(longer) > width) parts.push(character)
    else parts[parts.length - 1] = longer
  }
  return parts
}
