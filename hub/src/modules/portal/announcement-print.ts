/** Announcements as a sheet for the notice board in the hall. */
import { PrintContent, type PrintLanguage } from '@courtyard/protocols/contract'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { addPdfRoute, lookOf, printedRecord, registerPrintKind } from '../../platform/print/index.ts'
import type { Texts } from '../../platform/reasons/reason.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { printedAnnouncement, recentAnnouncements } from './announcement-print.repository.ts'

const label: Texts = { zh: '公告通知', en: 'Notice' }
const READ = { permission: 'announcement.read' } as const

function onA4(language: PrintLanguage): PrintContent {
  const zh = language === 'zh'
  return PrintContent.parse({
    blocks: [
      { kind: 'space', size: 'large' },
      { kind: 'title', text: '{{ notice.title }}', align: 'center' },
      {
        kind: 'text',
        text: zh
          ? '致：{{ notice.building }}各位业主、住户'
          : 'To all owners and residents of {{ notice.building }}',
        size: 'large',
        when: 'notice.building != ""',
      },
      {
        kind: 'text',
        text: zh ? '各位业主、住户：' : 'To all owners and residents',
        size: 'large',
        when: 'notice.building == ""',
      },
      { kind: 'space', size: 'small' },
      { kind: 'text', text: '{{ notice.text }}', size: 'large' },
      { kind: 'space', size: 'large' },
      { kind: 'text', text: '{{ project.office }}', size: 'large', align: 'right' },
      { kind: 'text', text: '{{ notice.from | day }}', size: 'large', align: 'right' },
      {
        kind: 'text',
        text: zh ? '咨询电话：{{ project.telephone }}' : 'Questions: {{ project.telephone }}',
        size: 'small',
        align: 'right',
        when: 'project.telephone != ""',
      },
    ],
    footer: '{{ project.name }}',
  })
}

export const announcementPrint = registerPrintKind({
  key: 'notice',
  label,
  fields: [
    { name: 'project.name', label: { zh: '项目', en: 'Project' }, example: { zh: '梧桐苑', en: 'Wutong Court' } },
    { name: 'project.office', label: { zh: '服务中心', en: 'Office' }, example: { zh: '梧桐苑服务中心', en: 'Wutong Court office' } },
    { name: 'project.telephone', label: { zh: '电话', en: 'Telephone' }, example: '021-55550100' },
    { name: 'notice.title', label: { zh: '标题', en: 'Title' }, example: { zh: '二次供水水箱清洗通知', en: 'Water tanks are cleaned' } },
    {
      name: 'notice.text',
      label: { zh: '内容', en: 'Text' },
      example: {
        zh: '为保障用水安全，定于 6 月 20 日 9:00 至 17:00 清洗一号楼水箱，期间停水，请提前储水。\n给您带来不便，敬请谅解。',
        en: 'On 20 June from 9:00 to 17:00 the tanks of building 1 are cleaned. There is no water meanwhile; please keep some.\nWe are sorry for the trouble.',
      },
    },
    { name: 'notice.building', label: { zh: '楼栋（全项目为空）', en: 'Building (empty: all)' }, example: { zh: '一号楼', en: 'Building 1' } },
    { name: 'notice.important', label: { zh: '重要', en: 'Important' }, example: false },
    { name: 'notice.from', label: { zh: '发布日期', en: 'From' }, example: '2026-06-15' },
    { name: 'notice.to', label: { zh: '截止日期', en: 'Until' }, example: '2026-06-21' },
  ],
  lists: [],
  builtin: { a4: { zh: onA4('zh'), en: onA4('en') } },
  records: ({ db }, user, projectId, words) => recentAnnouncements(db.pool, user, projectId, words),
  async load({ db }, user, id, language) {
    const row = await printedAnnouncement(db.pool, user, id)
    if (!row) return null
    const day = (at: Date | null) => (at ? localTextOf(at.toISOString(), row.timeZone).slice(0, 10) : '')
    const { projectId, title, text, important, building } = row
    return {
      projectId,
      title: `${label[language]} ${title}`,
      data: {
        project: { name: row.projectName, office: row.office ?? row.projectName, telephone: row.telephone ?? '' },
        notice: { title, text, important, building: building ?? '', from: day(row.from), to: day(row.to) },
      },
    }
  },
}) // prettier-ignore

export function addAnnouncementPrintRoutes(app: HubApp): void {
  route(app, 'GET /api/announcements/:id/print', READ, ({ hub, user, params, query, language }) =>
    printedRecord(hub, user, announcementPrint, params.id, lookOf(query, language)),
  )
  addPdfRoute(app, announcementPrint, '/api/announcements/:id', READ.permission)
}
