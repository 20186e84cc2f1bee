import type { Label } from '@courtyard/protocols/contract'
import type { Band } from './tariff-rule.ts'

const bandLabel: Readonly<Record<Band, Label>> = {
  sharp: { zh: '尖段', en: 'Sharp peak' },
  peak: { zh: '峰段', en: 'Peak' },
  flat: { zh: '平段', en: 'Flat' },
  valley: { zh: '谷段', en: 'Valley' },
  deepValley: { zh: '深谷段', en: 'Deep valley' },
}

/** Part of a period that was cut by a price change; days are inclusive, `2026-06-01`. */
export interface PartLabel {
  readonly firstDay: string
  readonly lastDay: string
  readonly method: 'intervals' | 'days'
}

const methodLabel: Readonly<Record<PartLabel['method'], Label>> = {
  intervals: { zh: '按计量时段拆分', en: 'split by measured intervals' },
  days: { zh: '按天数拆分', en: 'split by days' },
}

/** What a line is, in both languages: a tier, a band, or the whole; and which part of a cut period. */
export function lineLabel(tierNumber: number | null, band: Band | null, part: PartLabel | null): Label {
  const zh: string[] = []
  const en: string[] = []
  if (tierNumber !== null) {
    zh.push(`第${tierNumber}档`)
    en.push(`Tier ${tierNumber}`)
  }
  if (band !== null) {
    zh.push(bandLabel[band].zh)
    en.push(bandLabel[band].en)
  }
  if (zh.length === 0) {
    zh.push('全部用量')
    en.push('All usage')
  }
  if (part !== null) {
    zh.push(`${part.firstDay} 至 ${part.lastDay}，${methodLabel[part.method].zh}`)
    en.push(`${part.firstDay} to ${part.lastDay}, ${methodLabel[part.method].en}`)
  }
  return { zh: zh.join(' · '), en: en.join(' · ') }
}
