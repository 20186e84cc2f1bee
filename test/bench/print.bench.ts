/**
 * `npm run bench:print`: bills into one PDF without a database (`--bills`, default 5000): pages per second, bytes, and
 * memory while it goes on. One JSON line; ends with an error when memory grows with the number of bills.
 */
import { parseArgs } from 'node:util'
import { billPrint } from '../../hub/src/modules/charging/index.ts'
import { compileTemplate, type CompiledTemplate } from '../../hub/src/platform/print/fill.ts'
import { textWidth } from '../../hub/src/platform/print/fonts.ts'
import { exampleData, type PrintData } from '../../hub/src/platform/print/kinds.ts'
import { layOut } from '../../hub/src/platform/print/layout.ts'
import { pdfOf } from '../../hub/src/platform/print/pdf.ts'

const { values: flags } = parseArgs({
  options: {
    bills: { type: 'string', default: '5000' },
    paper: { type: 'string', default: 'a4' },
  },
})
const bills = Number(flags.bills)
const paper = flags.paper === 'roll80' ? 'roll80' : 'a4'
/** Of a fifth of the bills, once the fonts are there, to the end. */
const MOST_GROWTH_MB = 40

const template = compileTemplate(billPrint, billPrint.builtin[paper]!.zh, 'zh')
if ('faults' in template) throw new Error(JSON.stringify(template.faults))

const heapMb = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}
let heapEarly = 0

/** Another name and other figures on each. */
function dataOf(at: number): PrintData {
  const data = exampleData(billPrint, 'zh')
  const name = String.fromCodePoint(0x4e00 + ((at * 7) % 600), 0x4e00 + ((at * 13) % 600))
  return {
    ...data,
    household: { ...data['household'], name, account: `WT-${at}` },
    bill: {
      ...data['bill'],
      number: `WT-2026-${at}`,
      amount: `${at}.${String(at % 100).padStart(2, '0')}`,
    },
  }
}

function* documents() {
  for (let at = 0; at < bills; at++) {
    if (at === Math.floor(bills / 5)) heapEarly = heapMb()
    yield layOut((template as CompiledTemplate).fill(dataOf(at)), paper, textWidth, new Map())
  }
}

textWidth('一', 1, false)
textWidth('一', 1, true)
const started = performance.now()
let bytes = 0
for await (const chunk of pdfOf(documents(), {
  title: 'bench',
  madeAt: new Date(),
}))
  bytes += chunk.length
const seconds = (performance.now() - started) / 1_000
const growthMb = heapMb() - heapEarly
console.log(
  JSON.stringify({
    ...{ bench: 'print', paper, bills, seconds: Number(seconds.toFixed(2)) },
    ...{
      billsPerSecond: Math.round(bills / seconds),
      bytesPerBill: Math.round(bytes / bills),
      bytes,
    },
    ...{
      heapGrowthMb: Number(growthMb.toFixed(1)),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
    },
  }),
)
if (globalThis.gc && growthMb > MOST_GROWTH_MB) throw new Error(`memory grows: ${growthMb.toFixed(0)} MB`)
