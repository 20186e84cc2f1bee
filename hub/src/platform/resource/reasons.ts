import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** Why the kit refuses a record, a condition or a cell. */
export const recordReasons = registerReasons({
  'record.read_only': { zh: '不能填写', en: 'cannot be written' },
  'record.create_only': { zh: '建立后不能更改', en: 'cannot be changed any more' },
  'record.no_such_reference': {
    zh: '没有这条{label}记录，或者您看不到',
    en: 'there is no such {label} that you may see',
  },
  'record.reference_archived': { zh: '所选{label}已归档', en: 'the {label} is archived' },
  'record.reference_elsewhere': {
    zh: '所选{label}属于别的项目',
    en: 'the {label} belongs to another project',
  },
  'record.reference_twice': {
    zh: '有几条{label}记录都叫这个名字，请用编号',
    en: 'several {label} have this name; use the id',
  },
  'record.not_in_dictionary': {
    zh: '字典里没有这一项，或已停用',
    en: 'is not in the dictionary, or out of use',
  },
  'record.taken': { zh: '已有相同的记录', en: 'there is such a record already' },
  'record.row_twice': { zh: '与第 {row} 行重复', en: 'is the same as row {row}' },
  'record.archived': { zh: '记录已归档', en: 'the record is archived' },
  'record.not_archived': { zh: '记录没有归档', en: 'the record is not archived' },
  'record.gone': { zh: '记录不存在，或者您不能更改', en: 'there is no such record that you may change' },
  'record.outside_scope': { zh: '超出您的数据范围', en: 'lies outside of what you may change' },
  'record.sensitive': {
    zh: '您看不到这个字段的全部内容，不能按它查找或排序',
    en: 'you do not see this field whole: it cannot be searched or sorted by',
  },
  'list.where': { zh: '筛选条件的格式不对', en: 'the conditions are not well formed' },
  'list.no_filter': { zh: '不能按“{field}”筛选', en: 'cannot be filtered by {field}' },
  'list.operator': { zh: '“{field}”不能用 {operator}', en: '{field} has no {operator}' },
  'list.value': { zh: '“{field}”的条件值不对', en: 'the value for {field} does not fit' },
  'import.empty': { zh: '文件是空的，第一行要写列名', en: 'The file is empty: a head row is needed' },
  'import.unreadable': { zh: '打不开这个文件（{fault}）', en: 'The file cannot be read ({fault})' },
  'import.too_big': { zh: '文件太大：最多 {most}', en: 'The file is too big: at most {most}' },
  'import.column_unmapped': {
    zh: '必填字段没有对应的列',
    en: 'no column of the file gives this needed field',
  },
  'import.field_twice': { zh: '有两列对应同一个字段', en: 'two columns give the same field' },
  'import.unknown_field': { zh: '没有这个字段', en: 'there is no such field' },
  'import.no_key': {
    zh: '这类记录没有可以识别的键，只能新增',
    en: 'records of this kind have no key to know them again by',
  },
  'import.exists': { zh: '已有这条记录（按唯一键）', en: 'there is such a record already' },
  'import.exists_elsewhere': {
    zh: '已有这条记录，但已归档或您不能更改',
    en: 'there is such a record, archived or outside of what you may change',
  },
  'import.bad_rows': { zh: '有 {bad} 行不对，什么也没有存', en: '{bad} bad rows: nothing was stored' },
  'import.crashed': { zh: '处理时出错，什么也没有存', en: 'It failed on the way: nothing was stored' },
  'import.changed_since': {
    zh: '有 {changed} 条记录之后被改过或被引用，不能撤销',
    en: '{changed} records were changed or used since: it cannot be taken back',
  },
})
export type RecordReason = ReasonOf<typeof recordReasons>
