/**
 * Thins a long row of readings to what a chart can show without losing its peaks: the span is cut into buckets,
 * and each keeps its first, lowest, highest and last value, and its first reading without one, so that a gap
 * stays a gap. Memory is bounded by the number of points wanted, not by the number of readings.
 */

export interface Sample {
  readonly atMs: number
  readonly mantissa: number | null
  readonly quality: number
}

const KEPT_PER_BUCKET = 5

interface Bucket {
  first: Sample | null
  lowest: Sample | null
  highest: Sample | null
  last: Sample | null
  gap: Sample | null
}

export class Thinner {
  private readonly fromMs: number
  private readonly bucketMs: number
  private readonly maxPoints: number
  /** All samples as long as they fit; null once thinning has begun. */
  private all: Sample[] | null = []
  private readonly buckets: (Bucket | undefined)[] = []

  /** @param maxPoints at least 5 */
  constructor(fromMs: number, toMs: number, maxPoints: number) {
    this.fromMs = fromMs
    this.maxPoints = maxPoints
    const count = Math.max(1, Math.floor(maxPoints / KEPT_PER_BUCKET))
    this.bucketMs = Math.max(1, Math.ceil((toMs - fromMs) / count))
  }

  /** Samples must come in time order, within [from, to). */
  add(sample: Sample): void {
    if (!this.all) return this.addToBucket(sample)
    this.all.push(sample)
    if (this.all.length <= this.maxPoints) return
    const samples = this.all
    this.all = null
    for (const each of samples) this.addToBucket(each)
  }

  get thinned(): boolean {
    return this.all === null
  }

  finish(): Sample[] {
    return this.all ?? this.buckets.flatMap((bucket) => (bucket ? keptOf(bucket) : []))
  }

  private addToBucket(sample: Sample): void {
    const index = Math.floor((sample.atMs - this.fromMs) / this.bucketMs)
    const bucket = (this.buckets[index] ??= {
      first: null,
      lowest: null,
      highest: null,
      last: null,
      gap: null,
    })
    if (sample.mantissa === null) {
      bucket.gap ??= sample
      return
    }
    bucket.first ??= sample
    if (!bucket.lowest || sample.mantissa < bucket.lowest.mantissa!) bucket.lowest = sample
    if (!bucket.highest || sample.mantissa > bucket.highest.mantissa!) bucket.highest = sample
    bucket.last = sample
  }
}

function keptOf(bucket: Bucket): Sample[] {
  const kept = new Set([bucket.first, bucket.lowest, bucket.highest, bucket.last, bucket.gap])
  kept.delete(null)
  return ([...kept] as Sample[]).sort((a, b) => a.atMs - b.atMs)
}
