import * as z from 'zod'
import { registerSettings } from '../../../platform/settings/index.ts'

const months = z.int().min(4).max(240).nullable()
const unit = { zh: '个月', en: 'months' }
const emptyMeans = { zh: '永久保留', en: 'kept for ever' }

export const retentionSettings = registerSettings({
  key: 'retention',
  scope: 'project',
  label: { zh: '旧读数归档', en: 'Archiving of old readings' },
  help: {
    zh: '过期的原始数据先写入归档文件并核对，再从数据库移出，需要时可放回。用量、账单、事件和操作记录不受影响；归档月份的用量不再重新计算。',
    en: 'Old raw data go into archive files, are checked there, and then leave the database; they can be put back. Usage, bills, events and logs stay; usage of archived months is not computed again.',
  },
  schema: z.object({ readingsMonths: months, batchesMonths: months, billYears: z.int().min(1).max(30) }),
  fields: {
    readingsMonths: {
      label: { zh: '原始读数保留', en: 'Keep raw readings for' },
      help: {
        zh: '整月计算，用于曲线图和重新计算用量。',
        en: 'In whole months; they draw charts and compute usage.',
      },
      unit,
      emptyMeans,
    },
    batchesMonths: {
      label: { zh: '网关原始报文保留', en: 'Keep messages of gateways for' },
      help: {
        zh: '网关发来的原样字节。归档后编号和 SHA-256 指纹仍在数据库，重复上传仍能识别。',
        en: 'Their bytes as they came. Number and SHA-256 stay in the database, so a message that comes again is still known.',
      },
      unit,
      emptyMeans,
    },
    billYears: {
      label: { zh: '账单依据保留', en: 'Keep the evidence of bills for' },
      help: {
        zh: '出账不满此年限的账单，其起止读数当天的读数和所在报文不会移出数据库。',
        en: 'While a bill is younger than that, the readings of the days on which its first and last reading were taken, and their messages, do not leave the database.',
      },
      unit: { zh: '年', en: 'years' },
    },
  },
  default: { readingsMonths: null, batchesMonths: null, billYears: 5 },
})
