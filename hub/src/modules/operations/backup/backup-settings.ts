import * as z from 'zod'
import { registerSettings, TimeOfDay, TimeZone } from '../../../platform/settings/index.ts'

export const backupSettings = registerSettings({
  key: 'backup',
  scope: 'hub',
  label: { zh: '备份', en: 'Backup' },
  help: {
    zh: '备份包含数据库、附件和图片、旧数据归档，写入 COURTYARD_BACKUPS 文件夹。',
    en: 'Database, attachments and pictures, and archives of old readings, into the folder COURTYARD_BACKUPS.',
  },
  schema: z.object({
    enabled: z.boolean(),
    at: TimeOfDay,
    timeZone: TimeZone,
    keepDaily: z.int().min(1).max(90),
    keepWeekly: z.int().min(0).max(260),
    readBack: z.boolean(),
    passphrase: z.string().min(12).max(200).nullable(),
  }),
  fields: {
    enabled: { label: { zh: '每天自动备份', en: 'Back up every day' } },
    at: { label: { zh: '时间', en: 'At' }, kind: 'timeOfDay' },
    timeZone: { label: { zh: '时区', en: 'Time zone' }, kind: 'timeZone' },
    keepDaily: {
      label: { zh: '保留每日备份', en: 'Keep daily ones for' },
      help: {
        zh: '手动备份保留同样多天；最新的备份永远保留。',
        en: 'Those made by hand stay as long; the newest one always stays.',
      },
      unit: { zh: '天', en: 'days' },
    },
    keepWeekly: {
      label: { zh: '保留每周备份', en: 'Keep weekly ones for' },
      unit: { zh: '周', en: 'weeks' },
    },
    readBack: {
      label: { zh: '备份后读回校验', en: 'Read each one back when it is made' },
    },
    passphrase: {
      label: { zh: '主密钥口令', en: 'Passphrase for the master key' },
      help: {
        zh: '设置后，主密钥用此口令加密后放入备份。不设置则备份中没有主密钥：请另外保存 master.key，否则恢复后无法打开证书和密码。',
        en: 'With it the master key goes into the backup, sealed. Without it the key is not inside: keep master.key apart, or certificates and passwords cannot be opened after a restore.',
      },
      emptyMeans: { zh: '主密钥不放入备份', en: 'The master key is not in the backup' },
      secret: true,
    },
  },
  default: {
    ...{ enabled: true, at: '02:30', timeZone: 'Asia/Shanghai' },
    ...{ keepDaily: 7, keepWeekly: 8, readBack: true, passphrase: null },
  },
})
