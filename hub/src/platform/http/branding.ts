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
        zh: '显示在登录页和左上角，重新打开页面后生效。',
        en: 'Stands on the sign-in page and above the navigation, from the next load of a page on.',
      },
      emptyMeans: { zh: '显示 Courtyard', en: 'Courtyard' },
    },
  },
  default: { companyName: null },
})

const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Puts `<meta name="application-name">` into a page of the console. */
export async function branded(html: string, settings: Settings): Promise<string> {
  const { companyName } = await settings.get(brandingSettings)
  if (companyName === null) return html
  const safe = companyName.replaceAll(/[&<>"]/g, (mark) => marks[mark]!)
  return html.replace('</head>', () => `<meta name="application-name" content="${safe}" /></head>`)
}
