import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** Why a file is not taken. */
export const fileReasons = registerReasons({
  'file.empty': { zh: '文件是空的', en: 'The file is empty' },
  'file.too_large': { zh: '文件不能超过 {most} MB', en: 'A file may have {most} MB at most' },
  'file.type': {
    zh: '不能上传这种文件；可以是：{types}',
    en: 'Files of this kind are not taken; these are: {types}',
  },
  'file.not_a_picture': {
    zh: '只支持 PNG、JPEG 或 WebP 图片',
    en: 'Only PNG, JPEG and WebP pictures can be used',
  },
  'file.picture_too_large': {
    zh: '图片不能超过 {most} MB 或 {pixels} 百万像素',
    en: 'A picture may have {most} MB and {pixels} million pixels at most',
  },
  'file.cut': { zh: '文件没有传完', en: 'The file did not arrive whole' },
  'file.damaged': { zh: '图片已损坏或不完整', en: 'The picture is damaged or not complete' },
})

export type FileReason = ReasonOf<typeof fileReasons>
