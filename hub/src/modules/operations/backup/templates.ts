import { registerMessageTemplate } from '../../../platform/notify/index.ts'

export const failedTemplate = registerMessageTemplate({
  key: 'backup.failed',
  label: { zh: '备份失败', en: 'A backup failed' },
  variables: {
    at: { label: { zh: '时间', en: 'When' }, example: '2026-11-22 02:30' },
    fault: {
      label: { zh: '原因', en: 'Why' },
      example: { zh: '备份文件夹所在磁盘已满', en: 'The disk of the backup folder is full' },
    },
  },
  texts: {
    zh: { subject: '备份失败：{fault}', body: '{at} 的备份没有完成：{fault}。之前的备份不受影响。' },
    en: {
      subject: 'Backup failed: {fault}',
      body: 'The backup of {at} was not made. {fault}. Earlier backups are as they were.',
    },
  },
  channels: ['email'],
})

export const brokenTemplate = registerMessageTemplate({
  key: 'backup.damaged',
  label: { zh: '备份已损坏', en: 'A backup is damaged' },
  variables: failedTemplate.variables,
  texts: {
    zh: { subject: '备份校验不通过', body: '{at} 的备份校验不通过：{fault}。请重新备份，并检查磁盘。' },
    en: {
      subject: 'A backup does not read back',
      body: 'The backup of {at} does not read back: {fault}. Make another one and look at the disk.',
    },
  },
  channels: ['email'],
})
