import { registerReasons } from '../../platform/reasons/reason.ts'

registerReasons({
  'lostItem.no_place': { zh: '请填写拾获地点', en: 'say where it was found' },
  'lostItem.closed': { zh: '物品已认领或已处置', en: 'it is claimed or disposed of already' },
  'lostItem.open': { zh: '物品还在等人认领', en: 'it still waits for its owner' },
})
