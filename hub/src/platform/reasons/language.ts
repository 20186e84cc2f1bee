import type { Language } from './reason.ts'

/** The language of `accept-language` that is wanted most, of those that the hub speaks; else English. */
export function languageOf(header: string | undefined): Language {
  const wanted = (header ?? '')
    .split(',')
    .flatMap((range) => {
      const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
      const quality = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? '1')
      const language = tag.split('-')[0]
      return (language === 'zh' || language === 'en') && quality > 0 ? [{ language, quality } as const] : []
    })
    // Stable: of two that are wanted alike the first one named
    .sort((a, b) => b.quality - a.quality)
  return wanted[0]?.language ?? 'en'
}
