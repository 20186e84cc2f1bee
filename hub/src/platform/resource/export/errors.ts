import { registerErrors } from '../../errors.ts'
import { registerReasons, type ReasonOf } from '../../reasons/reason.ts'

export const exportErrors = {
  /** No file was made; `details.reason` says why. */
  failed: { code: 'export.failed', status: 503 },
  /** Too many wait already; `details.retryAfterSeconds`. */
  busy: { code: 'export.busy', status: 503 },
  /** Whoever asked has gone: nobody reads this answer. */
  cancelled: { code: 'export.cancelled', status: 499 },
} as const

registerErrors(exportErrors)

export const exportReasons = registerReasons({
  'export.killed': {
    zh: '导出进程意外终止（可能内存不足），没有生成文件。请重试；仍然失败时，请缩小筛选范围或减少列',
    en: 'The process that wrote the file was ended, perhaps because memory was short. There is no file: try again, and with fewer rows or columns if it happens again',
  },
  'export.busy': {
    zh: '同时进行的导出太多，请半分钟后再试',
    en: 'Too many files are being made at the moment. Try again in half a minute',
  },
  'export.no_space': {
    zh: '服务器磁盘空间不足，没有生成文件',
    en: 'The disk of the hub is full: there is no file',
  },
  'export.fault': {
    zh: '导出出错，没有生成文件。请重试；原因写在系统日志里',
    en: 'The export broke off: there is no file. Try again; the log of the hub says why',
  },
})

export type ExportReason = ReasonOf<typeof exportReasons>
