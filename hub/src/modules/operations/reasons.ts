import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

export const operationsReasons = registerReasons({
  'backup.fault': { zh: '出错：{fault}', en: 'It failed: {fault}' },
  'backup.interrupted': {
    zh: '备份过程中系统停止了，没有留下不完整的备份',
    en: 'The hub stopped while it was made; nothing half was kept',
  },
  'backup.disk_full': { zh: '备份文件夹所在磁盘已满', en: 'The disk of the backup folder is full' },
  'backup.no_access': {
    zh: '不能写入备份文件夹，请检查权限',
    en: 'The backup folder cannot be written; look at its permissions',
  },
  'backup.file_missing': { zh: '缺少文件 {file}', en: 'The file {file} is missing' },
  'backup.file_changed': {
    zh: '文件 {file} 与备份时不一样，可能已损坏',
    en: 'The file {file} is not what it was when it was made; it may be damaged',
  },
  'backup.rows_differ': {
    zh: '表 {table} 应有 {expected} 行，实际 {found} 行',
    en: 'The table {table} should have {expected} rows and has {found}',
  },
  'backup.no_manifest': { zh: '清单不可读', en: 'The manifest does not read' },
  'archive.usage_pending': {
    zh: '还有更早的用量等待计算，下次再归档',
    en: 'Usage of that time still waits to be computed; it is tried again the next night',
  },
})
export type OperationsReason = ReasonOf<typeof operationsReasons>
