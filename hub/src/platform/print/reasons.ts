import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** What is wrong with a template. */
export const printReasons = registerReasons({
  'print.not_readable': { zh: '写法有误：{message}', en: 'is not written right: {message}' },
  'print.unknown_field': { zh: '没有“{name}”这个字段', en: 'there is no field {name}' },
  'print.unknown_list': { zh: '没有“{name}”这个列表', en: 'there is no list {name}' },
  'print.no_picture': { zh: '请选择图片', en: 'choose a picture' },
  'print.unknown_picture': { zh: '图片已不存在', en: 'the picture is no longer there' },
  'print.condition': { zh: '条件写法有误', en: 'is not a condition' },
})

export type PrintReason = ReasonOf<typeof printReasons>
