import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import yazl from 'yazl'
import { csvLine } from './csv-line.ts'
import { decodeText, parseCsvText } from './csv-text.ts'
import { readSheet } from './read-sheet.ts'
import { columnName, writeXlsx, type SheetColumn } from './xlsx-writer.ts'
import { readXlsx } from './xlsx-reader.ts'

const limits = { unpackedBytes: 1_000_000, columns: 50 }

async function rowsOf(file: Buffer): Promise<string[][]> {
  const rows: string[][] = []
  for await (const row of readSheet(file)) rows.push(row)
  return rows
}

function workbook(columns: readonly SheetColumn[], rows: string[][]): Promise<Buffer> {
  async function* chunks() {
    yield rows
  }
  return buffer(writeXlsx([{ name: '房间', columns, rows: chunks() }]) as Readable)
}

/** A workbook as another program might write it. */
function zipped(parts: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  for (const [path, text] of Object.entries(parts)) zip.addBuffer(Buffer.from(text), path)
  zip.end()
  return buffer(zip.outputStream as Readable)
}

const foreign = (sheet: string, more: Record<string, string> = {}) =>
  zipped({
    'xl/workbook.xml': `<x:workbook xmlns:x="m" xmlns:r="o"><x:sheets><x:sheet name="hidden" state="hidden" r:id="a"/><x:sheet name="s" r:id="b"/></x:sheets></x:workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="b" Target="/xl/worksheets/two.xml"/></Relationships>`,
    'xl/worksheets/two.xml': `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
    ...more,
  })

test('what is written is read again: texts, exact numbers, days, instants', async () => {
  const columns: SheetColumn[] = [
    { head: '名称', kind: 'text' },
    { head: 'm²', kind: 'number' },
    { head: 'Day', kind: 'day' },
    { head: 'At', kind: 'instant' },
  ]
  const rows = [
    ['=1+1 <&>"', '89.50', '2026-02-28', '2026-02-28 23:59:59'],
    ['  two  lines\n下一行 ', '-0.01', '1999-12-31', '2026-03-01 00:00:01'],
    ['0012', '123456789012345678', '', ''],
  ]
  expect(await rowsOf(await workbook(columns, rows))).toEqual([
    ['名称', 'm²', 'Day', 'At'],
    ['=1+1 <&>"', '89.5', '2026-02-28', '2026-02-28 23:59:59'],
    ['two  lines\n下一行', '-0.01', '1999-12-31', '2026-03-01 00:00:01'],
    ['0012', '123456789012345678'],
  ])
})

test('any text survives a workbook', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1 }),
      async (texts) => {
        const file = await workbook(
          [{ head: 'x', kind: 'text' }],
          texts.map((text) => [`.${text}.`]),
        )
        const clean = (text: string) =>
          text
            .toWellFormed()
            // eslint-disable-next-line no-control-regex
            .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
            .replace(/\r\n?/g, '\n')
        const read = (await rowsOf(file)).slice(1).map(([text]) => text)
        expect(read).toEqual(texts.map((text) => `.${clean(text)}.`))
      },
    ),
    { numRuns: 30 },
  )
})

test('workbooks of other programs: shared and rich texts, formulas by value, date styles, gaps, hidden sheets', async () => {
  const file = await foreign(
    `<row r="1"><c r="B1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>
     <row r="3"><c r="A3" s="1"><v>46082</v></c><c r="B3" s="2"><v>46082.5</v></c>
     <c r="C3"><f>1/3</f><v>0.33333333333333331</v></c><c r="D3" t="b"><v>1</v></c><c r="E3"><v>1.0000000000000001E-2</v></c>
     <c r="F3" t="str"><f>HYPERLINK("x")</f><v>shown</v></c></row>`,
    {
      'xl/sharedStrings.xml': `<sst><si><t>房</t><rPh><t>fang</t></rPh></si><si><r><t>富</t></r><r><t xml:space="preserve"> 文本</t></r></si></sst>`,
      'xl/styles.xml': `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>`,
    },
  )
  expect(await rowsOf(file)).toEqual([
    ['', '房', '富 文本'],
    [],
    ['2026-03-01', '2026-03-01 12:00:00', '0.333333333333333', 'true', '0.01', 'shown'],
  ])
})

test('a file that would fill the memory is refused before it does', async () => {
  const read = async (file: Buffer) => {
    for await (const row of readXlsx(file, limits)) void row
  }
  const bomb = await foreign(`<row r="1"><c t="inlineStr"><is><t>${'A'.repeat(3_000_000)}</t></is></c></row>`)
  expect(bomb.length).toBeLessThan(20_000)
  await expect(read(bomb)).rejects.toThrow('unpacks to too much')
  await expect(read(await foreign('<row r="1"/><row r="1999999"/>'))).rejects.toThrow('gap')
  await expect(read(await foreign('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'))).rejects.toThrow('columns')
  const entities = { 'xl/worksheets/two.xml': '<!DOCTYPE x [<!ENTITY a "aa">]><worksheet>&a;</worksheet>' }
  await expect(read(await foreign('', entities))).rejects.toThrow('document type')
  await expect(rowsOf(Buffer.from('PK\x03\x04 nonsense', 'latin1'))).rejects.toThrow()
})

test('CSV: GBK and UTF-8, semicolons, cells that look like formulas', () => {
  const gbk = Buffer.from([0xc3, 0xfb, 0xb3, 0xc6, 0x2c, 0x31])
  expect(parseCsvText(decodeText(gbk))).toEqual([['名称', '1']])
  expect(parseCsvText(decodeText(Buffer.from('\uFEFF名;a\r\n"x;y";2')))).toEqual([
    ['名', 'a'],
    ['x;y', '2'],
  ])
  const cells = ['=cmd()', '+86', '-5', '@x', "'quoted", 'a,"b"']
  const line = csvLine(cells.map((text) => ({ text, isNumber: false })))
  expect(line).toBe(`'=cmd(),'+86,'-5,'@x,'quoted,"a,""b"""\r\n`)
  expect(parseCsvText(line)).toEqual([cells])
  expect(csvLine([{ text: '-5', isNumber: true }])).toBe('-5\r\n')
  expect(() => parseCsvText('a,"b')).toThrow()
})

test('columns have the names of spreadsheets', () => {
  expect([0, 25, 26, 701, 702].map(columnName)).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA'])
})

test('a program that we did not write can open the workbook', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-sheet-'))
  try {
    const path = join(folder, 'a.xlsx')
    writeFileSync(path, await workbook([{ head: 'a', kind: 'text' }], [['你好']]))
    const script =
      'import sys,zipfile,xml.etree.ElementTree as e\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n' +
      'for n in z.namelist(): e.fromstring(z.read(n))\nprint("".join(e.fromstring(z.read("xl/worksheets/sheet1.xml")).itertext()))'
    expect(execFileSync('/usr/bin/python3', ['-c', script, path], { encoding: 'utf8' }).trim()).toBe('a你好')
    expect(readFileSync(path).length).toBeGreaterThan(500)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
