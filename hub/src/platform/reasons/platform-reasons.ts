import { registerReasons, type ReasonOf } from './reason.ts'

/** Why the platform refuses an input: fields of a request, a CSV and its cells. */
export const platformReasons = registerReasons({
  'input.missing': { zh: '必填', en: 'is needed' },
  'input.empty': { zh: '不能为空', en: 'must not be empty' },
  'input.number': { zh: '必须是数字', en: 'must be a number' },
  'input.whole_number': { zh: '必须是整数', en: 'must be a whole number' },
  'input.decimal': { zh: '必须是数字，例如 12.5', en: 'must be a number such as 12.5' },
  'input.type': { zh: '类型不对，应为 {expected}', en: 'has the wrong type, {expected} expected' },
  'input.too_long': { zh: '最多 {most} 个字', en: 'at most {most} characters' },
  'input.too_short': { zh: '至少 {least} 个字', en: 'at least {least} characters' },
  'input.too_many': { zh: '最多 {most} 项', en: 'at most {most} entries' },
  'input.too_few': { zh: '至少 {least} 项', en: 'at least {least} entries' },
  'input.too_big': { zh: '不能大于 {most}', en: 'must not be above {most}' },
  'input.too_small': { zh: '不能小于 {least}', en: 'must not be below {least}' },
  'input.between': { zh: '必须在 {low} 到 {high} 之间', en: 'must be from {low} to {high}' },
  'input.format': { zh: '格式不对', en: 'has the wrong form' },
  'input.day': { zh: '必须是日期，例如 2026-06-01', en: 'must be a day such as 2026-06-01' },
  'input.instant': {
    zh: '必须是时刻（ISO 8601），例如 2026-06-01T00:00:00Z',
    en: 'must be an instant (ISO 8601) such as 2026-06-01T00:00:00Z',
  },
  'input.day_or_instant': {
    zh: '必须是日期或时刻（ISO 8601），例如 2026-06-01',
    en: 'must be a day or an instant (ISO 8601) such as 2026-06-01',
  },
  'input.id': { zh: '不是有效的编号', en: 'is not a valid id' },
  'input.one_of': { zh: '只能是：{options}', en: 'must be one of: {options}' },
  'input.unknown_keys': { zh: '没有这样的字段：{keys}', en: 'there is no such field: {keys}' },
  /** Whatever else a schema says, in the words of zod. */
  'input.other': { zh: '{text}', en: '{text}' },
  'sort.unknown': { zh: '只能按这些列排序：{fields}', en: 'can be sorted by: {fields}' },

  'health.own_server': { zh: '自带数据库', en: 'own server' },
  'health.external_server': { zh: '外部数据库', en: 'external server' },
  'health.fault': { zh: '不可用（{fault}）', en: 'not available: {fault}' },
  'health.own_broker': {
    zh: '自带消息服务，端口 {port}，{clients} 个连接',
    en: 'own broker on port {port}, clients connected: {clients}',
  },
  'health.connected': { zh: '已连接 {address}', en: 'connected to {address}' },
  'health.disconnected': { zh: '连不上 {address}（{fault}）', en: '{address}: {fault}' },
  'health.not_started': { zh: '尚未启动', en: 'not started' },
  'health.running': { zh: '运行中', en: 'running' },
  'health.running_after_fault': { zh: '运行中，最近一次出错：{fault}', en: 'running; last fault: {fault}' },

  'csv.not_utf8': {
    zh: '文件不是 UTF-8 编码，请另存为“CSV UTF-8”',
    en: 'The file is not in UTF-8; save it as "CSV UTF-8"',
  },
  'csv.broken': {
    zh: '文件不是有效的 CSV，请检查这一行的引号和分隔符（{fault}）',
    en: 'The file is not a valid CSV; look at the quotes and commas of this line ({fault})',
  },
  'csv.empty_file': { zh: '文件是空的，第一行要写列名', en: 'The file is empty: a head row is needed' },
  'csv.too_many_rows': { zh: '超过 {most} 行，请拆成几个文件', en: 'More than {most} rows; split the file' },
  'csv.unknown_column': { zh: '没有这一列，可用的列：{known}', en: 'Unknown column; known are: {known}' },
  'csv.column_twice': { zh: '这一列出现了两次', en: 'The column stands there twice' },
  'csv.column_missing': { zh: '缺少这一列', en: 'The column is missing' },
  'csv.row_length': {
    zh: '这一行有 {cells} 格，表头有 {head} 格',
    en: 'The row has {cells} cells, the head {head}',
  },
  'csv.empty_cell': { zh: '单元格不能为空', en: 'The cell is empty' },
  'csv.cell': { zh: '{fault}（现为“{cell}”）', en: '{fault} (is "{cell}")' },

  'medium.electricity': { zh: '电', en: 'electricity' },
  'medium.water': { zh: '水', en: 'water' },
  'medium.gas': { zh: '燃气', en: 'gas' },
  'medium.heat': { zh: '热', en: 'heat' },
  'medium.environment': { zh: '环境', en: 'environment' },
  'medium.equipment': { zh: '设备', en: 'equipment' },
})

export type PlatformReason = ReasonOf<typeof platformReasons>
/** A code for the message of a schema: what zod says is then said by the catalogue. */
export type PlatformReasonCode = PlatformReason['code']
