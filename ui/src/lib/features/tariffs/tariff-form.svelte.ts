import type { Tariff, TariffRule } from '@courtyard/protocols/contract'
import { cleanDecimal } from '#lib/format/input.ts'
import { SLOTS, slotsOf, windowsOf, type Band } from './windows.ts'

export type RuleKind = TariffRule['kind']
interface TierInput {
  upTo: string
  price: string
}
export const allBands: readonly Band[] = ['sharp', 'peak', 'flat', 'valley', 'deepValley']

/** What a person types into the form of a price, and the rule that it makes. */
export class TariffForm {
  kind = $state<RuleKind>('tiered')
  price = $state('')
  period = $state<'month' | 'year'>('month')
  tiers = $state<TierInput[]>([
    { upTo: '', price: '' },
    { upTo: '', price: '' },
  ])
  bandPrices = $state<Record<Band, string>>({ sharp: '', peak: '', flat: '', valley: '', deepValley: '' })
  slots = $state<Band[]>(Array.from({ length: SLOTS }, (): Band => 'flat'))

  /** Begins with the rule of an earlier version. */
  static from(tariff: Tariff | undefined): TariffForm {
    const form = new TariffForm()
    const last = tariff?.versions.toSorted((a, b) => b.effectiveFrom.localeCompare(a.effectiveFrom))[0]
    if (last) form.#adopt(last.rule)
    return form
  }

  get hasTiers(): boolean {
    return this.kind === 'tiered' || this.kind === 'tieredTimeOfUse'
  }
  get hasBands(): boolean {
    return this.kind === 'timeOfUse' || this.kind === 'tieredTimeOfUse'
  }
  get usedBands(): Band[] {
    return allBands.filter((band) => this.slots.includes(band))
  }

  addTier(): void {
    this.tiers.push({ upTo: '', price: '' })
  }
  removeTier(index: number): void {
    this.tiers.splice(index, 1)
  }
  paint(slot: number, band: Band): void {
    this.slots[slot] = band
  }

  /** The rule, or null while something is missing or not a number; the hub checks the rest. */
  get rule(): TariffRule | null {
    if (this.kind === 'flat') {
      const price = cleanDecimal(this.price)
      return price === null ? null : { kind: 'flat', price }
    }
    const tiers = this.hasTiers ? this.#tierRows() : []
    const bands = this.hasBands ? this.#bandRows() : []
    if (tiers === null || bands === null) return null
    const windows = windowsOf(this.slots)
    if (this.kind === 'tiered') return { kind: 'tiered', period: this.period, tiers }
    if (this.kind === 'timeOfUse') return { kind: 'timeOfUse', bands, windows }
    const surcharges = tiers.map(({ upTo, price }) => ({ upTo, surcharge: price }))
    return { kind: 'tieredTimeOfUse', period: this.period, tiers: surcharges, bands, windows }
  }

  #tierRows(): { upTo: string | null; price: string }[] | null {
    const rows: { upTo: string | null; price: string }[] = []
    for (const [index, tier] of this.tiers.entries()) {
      const last = index === this.tiers.length - 1
      const upTo = last ? null : cleanDecimal(tier.upTo)
      const price = cleanDecimal(tier.price)
      if (price === null || (!last && upTo === null)) return null
      rows.push({ upTo, price })
    }
    return rows
  }
  #bandRows(): { band: Band; price: string }[] | null {
    const rows: { band: Band; price: string }[] = []
    for (const band of this.usedBands) {
      const price = cleanDecimal(this.bandPrices[band])
      if (price === null) return null
      rows.push({ band, price })
    }
    return rows
  }
  #adopt(rule: TariffRule): void {
    this.kind = rule.kind
    if (rule.kind === 'flat') this.price = rule.price
    if (rule.kind === 'tiered' || rule.kind === 'tieredTimeOfUse') {
      this.period = rule.period
      this.tiers = rule.tiers.map((tier) => ({
        upTo: tier.upTo ?? '',
        price: 'price' in tier ? tier.price : tier.surcharge,
      }))
    }
    if (rule.kind === 'timeOfUse' || rule.kind === 'tieredTimeOfUse') {
      for (const { band, price } of rule.bands) this.bandPrices[band] = price
      this.slots = slotsOf(rule.windows).map((band): Band => band ?? 'flat')
    }
  }
}
