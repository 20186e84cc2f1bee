/** What signed in, from the User-Agent of its request: good enough to recognise one's own phone, no proof of anything. */

type Rule = readonly [name: string, pattern: RegExp]

/** The first that fits counts: browsers name those that they are built upon, too. */
const programs: readonly Rule[] = [
  ['WeChat', /MicroMessenger\/(\d+)/],
  ['WeCom', /wxwork\/(\d+)/],
  ['DingTalk', /DingTalk\/(\d+)/],
  ['QQ', /\bM?QQBrowser\/(\d+)/],
  ['UC', /UCBrowser\/(\d+)/],
  ['Huawei', /HuaweiBrowser\/(\d+)/],
  ['Samsung Internet', /SamsungBrowser\/(\d+)/],
  ['Edge', /Edg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//],
  ['curl', /^curl\/(\d+)/],
]

const systems: readonly Rule[] = [
  ['HarmonyOS', /HarmonyOS|OpenHarmony/],
  ['Android', /Android/],
  ['iPadOS', /iPad/],
  ['iOS', /iPhone|iPod/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X|Macintosh/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux|X11/],
]

/** `Chrome 141 · Windows`; null for what says nothing that is known. */
export function deviceOf(userAgent: string | null): string | null {
  if (!userAgent) return null
  const program = firstOf(programs, userAgent)
  const system = firstOf(systems, userAgent)
  return [program, system].filter(Boolean).join(' · ') || null
}

function firstOf(rules: readonly Rule[], text: string): string | null {
  for (const [name, pattern] of rules) {
    const match = pattern.exec(text)
    if (match) return match[1] ? `${name} ${match[1]}` : name
  }
  return null
}
