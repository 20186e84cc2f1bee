/** The sheet that owner and office sign when a room is handed over. */
import type { HandoverDetail, PrintLanguage } from '@courtyard/protocols/contract'
import { opens } from '../../platform/auth/user.ts'
import { registerPrintKind, type PrintData, type PrintField } from '../../platform/print/index.ts'
import type { Texts } from '../../platform/reasons/reason.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { handoverDetail, handoverHead } from './handover.repository.ts'
import { handoverOnA4 } from './handover-print.content.ts'
import { projectOfHandover, recentHandovers } from './handover-print.repository.ts'

const yes = (name: string, zh: string, en: string): PrintField => ({
  name: `handover.has${name}`,
  label: { zh: `有${zh}`, en: `Has ${en}` },
  example: true,
})

const label: Texts = { zh: '房屋交接单', en: 'Handover sheet' }

export const handoverPrint = registerPrintKind({
  key: 'handover',
  label,
  fields: [
    { name: 'project.name', label: { zh: '项目', en: 'Project' }, example: { zh: '梧桐苑', en: 'Wutong Court' } },
    { name: 'room.building', label: { zh: '楼栋', en: 'Building' }, example: { zh: '一号楼', en: 'Building 1' } },
    { name: 'room.code', label: { zh: '房号', en: 'Room' }, example: '101' },
    { name: 'handover.batch', label: { zh: '交付批次', en: 'Batch' }, example: { zh: '一期集中交付', en: 'First handover' } },
    { name: 'handover.party', label: { zh: '业主', en: 'Owner' }, example: { zh: '王小明', en: 'Wang Xiaoming' } },
    { name: 'handover.appointedFor', label: { zh: '预约时间', en: 'Appointed for' }, example: '2026-06-20 09:30' },
    { name: 'handover.completed', label: { zh: '已完成', en: 'Completed' }, example: true },
    { name: 'handover.completedOn', label: { zh: '交接日期', en: 'Completed on' }, example: '2026-06-20' },
    { name: 'handover.remark', label: { zh: '备注', en: 'Remark' }, example: '' },
    yes('Items', '验收项目', 'inspection items'),
    yes('Defects', '缺陷', 'defects'),
    yes('Keys', '钥匙', 'keys'),
    yes('Reads', '读数', 'readings'),
    yes('Charges', '费用', 'charges'),
  ],
  lists: [
    {
      name: 'items',
      label: { zh: '验收项目', en: 'Inspection' },
      exampleRows: 3,
      fields: [
        { name: 'area', label: { zh: '部位', en: 'Where' }, example: { zh: '客厅', en: 'Living room' } },
        { name: 'text', label: { zh: '内容', en: 'What' }, example: { zh: '墙面平整、无开裂', en: 'Walls even, no cracks' } },
        { name: 'result', label: { zh: '结果', en: 'Result' }, example: { zh: '合格', en: 'ok' } },
        { name: 'remark', label: { zh: '说明', en: 'Remark' }, example: '' },
      ],
    },
    {
      name: 'defects',
      label: { zh: '缺陷', en: 'Defects' },
      exampleRows: 1,
      fields: [
        { name: 'title', label: { zh: '事项', en: 'Defect' }, example: { zh: '阳台门锁松动', en: 'Lock of the balcony door is loose' } },
        { name: 'detail', label: { zh: '说明', en: 'Detail' }, example: { zh: '需更换锁体', en: 'Needs a new lock' } },
        { name: 'state', label: { zh: '状态', en: 'State' }, example: { zh: '待整改', en: 'open' } },
      ],
    },
    {
      name: 'keys',
      label: { zh: '钥匙物品', en: 'Keys' },
      fields: [
        { name: 'label', label: { zh: '名称', en: 'Item' }, example: { zh: '入户门钥匙', en: 'Front door' } },
        { name: 'quantity', label: { zh: '数量', en: 'Count' }, example: '5' },
      ],
    },
    {
      name: 'reads',
      label: { zh: '表计底数', en: 'Meters' },
      exampleRows: 1,
      fields: [
        { name: 'name', label: { zh: '表计', en: 'Meter' }, example: { zh: '101 电', en: '101 electricity' } },
        { name: 'serial', label: { zh: '表号', en: 'Serial number' }, example: '202600128834' },
        { name: 'index', label: { zh: '读数', en: 'Index' }, example: '12.50' },
        { name: 'unit', label: { zh: '单位', en: 'Unit' }, example: 'kWh' },
      ],
    },
    {
      name: 'charges',
      label: { zh: '费用', en: 'Charges and refunds' },
      exampleRows: 1,
      fields: [
        { name: 'text', label: { zh: '费用项目', en: 'What for' }, example: { zh: '装修押金', en: 'Fit-out deposit' } },
        { name: 'direction', label: { zh: '类别', en: 'Kind' }, example: { zh: '收取', en: 'charge' } },
        { name: 'state', label: { zh: '状态', en: 'State' }, example: { zh: '已结清', en: 'settled' } },
        { name: 'amount', label: { zh: '金额', en: 'Amount' }, example: '2000.00' },
      ],
    },
  ],
  builtin: { a4: { zh: handoverOnA4('zh'), en: handoverOnA4('en') } },
  records: ({ db }, user, projectId, words) => recentHandovers(db.pool, user, projectId, words),
  async load({ db }, user, id, language) {
    const head = await handoverHead(db.pool, id)
    if (!head || !opens(user, 'handover.read', head)) return null
    const [handover, project] = await Promise.all([handoverDetail(db.pool, id), projectOfHandover(db.pool, id)])
    if (!handover || !project) return null
    const { room } = handover
    return {
      projectId: handover.projectId,
      title: [label[language], room.building.name, room.code].join(' '),
      data: printedHandover(handover, project, language),
    }
  },
}) // prettier-ignore

const results: Readonly<Record<string, Texts>> = {
  ok: { zh: '合格', en: 'ok' },
  defect: { zh: '不合格', en: 'defect' },
}
const defectStates: Readonly<Record<HandoverDetail['defects'][number]['state'], Texts>> = {
  open: { zh: '待整改', en: 'open' },
  fixing: { zh: '整改中', en: 'being fixed' },
  fixed: { zh: '待复验', en: 'fixed' },
  accepted: { zh: '已通过', en: 'accepted' },
  waived: { zh: '不整改', en: 'waived' },
}
const directions: Readonly<Record<HandoverDetail['charges'][number]['direction'], Texts>> = {
  charge: { zh: '收取', en: 'charge' },
  refund: { zh: '退还', en: 'refund' },
}
const chargeStates: Readonly<Record<HandoverDetail['charges'][number]['state'], Texts>> = {
  due: { zh: '待结', en: 'due' },
  settled: { zh: '已结清', en: 'settled' },
  waived: { zh: '免收', en: 'waived' },
}

function printedHandover(
  handover: HandoverDetail,
  project: { readonly name: string; readonly timeZone: string },
  language: PrintLanguage,
): PrintData {
  const { items, defects, keys, reads, charges } = handover
  const minute = (instant: string | null) =>
    instant === null ? '' : localTextOf(instant, project.timeZone).slice(0, 16)
  return {
    project: { name: project.name },
    room: { building: handover.room.building.name, code: handover.room.code },
    handover: {
      batch: handover.batch.name,
      party: handover.party?.name ?? '',
      appointedFor: minute(handover.appointedFor),
      completed: handover.completedAt !== null,
      completedOn: minute(handover.completedAt).slice(0, 10),
      remark: handover.remark ?? '',
      hasItems: items.length > 0,
      hasDefects: defects.length > 0,
      hasKeys: keys.length > 0,
      hasReads: reads.length > 0,
      hasCharges: charges.length > 0,
    },
    items: items.map(({ area, text, result, remark }) => ({
      ...{ area, text, result: result === null ? '' : results[result]![language], remark: remark ?? '' },
    })),
    defects: defects.map(({ title, detail, state }) => ({
      ...{ title, detail: detail ?? '', state: defectStates[state][language] },
    })),
    keys: keys.map(({ label, quantity }) => ({ label, quantity: String(quantity) })),
    reads: reads.map(({ name, serial, index, unit }) => ({ name, serial, index, unit })),
    charges: charges.map(({ text, direction, state, amount }) => ({
      ...{ text, amount, direction: directions[direction][language], state: chargeStates[state][language] },
    })),
  }
}
