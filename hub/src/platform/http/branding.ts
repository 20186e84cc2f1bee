/** The company's name in the page itself, so that it is there before anything is asked for. */
import * as z from 'zod'
import { registerSettings, type Settings } from '../settings/index.ts'

export const brandingSettings = registerSettings({
  key: 'branding',
  scope: 'hub',
  label: { zh: '名称', en: 'Name' },
  schema: z.object({ companyName: z.string().trim().min(1).max(24).nullable() }),
  fields: {
    companyName: {
      label: { zh: '公司名称', en: 'Name of the company' },
      help: {
        zh: '显示在登录页、左上角、浏览器标题和手机应用名称中，重新打开页面后生效。',
        en: 'Stands on sign-in pages, above the navigation, in titles and names of phone apps, from the next load of a page on.',
      },
      emptyMeans: { zh: '显示 Courtyard', en: 'Courtyard' },
    },
  },
  default: { companyName: null },
})

const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** The program's name where a page or a manifest of the console holds it. */
const PROGRAM = 'Courtyard'

/** Puts `<meta name="application-name">` and the title into a page of the console. */
export async function branded(html: string, settings: Settings): Promise<string> {
  const { companyName } = await settings.get(brandingSettings)
  if (companyName === null) return html
  const safe = companyName.replaceAll(/[&<>"]/g, (mark) => marks[mark]!)
  return html
    .replace(`<title>${PROGRAM}</title>`, () => `<title>${safe}</title>`)
    .replace('</head>', () => `<meta name="application-name" content="${safe}" /></head>`)
}

/** What a phone calls the app that somebody puts on its first page. @param manifest JSON of a web app manifest */
export async function brandedManifest(manifest: string, settings: Settings): Promise<string> {
  const { companyName } = await settings.get(brandingSettings)
  if (companyName === null) return manifest
  const parsed = JSON.parse(manifest) as { name: string }
  return JSON.stringify({ ...parsed, name: parsed.name.replace(PROGRAM, () => companyName) })
}
