/** Lost and found: what was picked up, where, and who took it home. */
import type { HubModule } from '../../platform/module.ts'
import { registerDictionary } from '../../platform/resource/dictionary.ts'
import { lostItem } from './lost-item.resource.ts'
import './reasons.ts'

registerDictionary({
  code: 'lostItemCategory',
  label: { zh: '失物类别', en: 'Categories of lost items' },
  entries: [
    { code: 'keys', zh: '钥匙门卡', en: 'Keys and cards' },
    { code: 'phone', zh: '手机电子', en: 'Phones and electronics' },
    { code: 'clothes', zh: '衣物雨具', en: 'Clothes and umbrellas' },
    { code: 'papers', zh: '证件钱包', en: 'Papers and wallets' },
    { code: 'toys', zh: '玩具童车', en: 'Toys and strollers' },
    { code: 'pets', zh: '宠物', en: 'Pets' },
    { code: 'other', zh: '其他', en: 'Other' },
  ],
})

export const lostAndFoundModule: HubModule = { name: 'lost-and-found', resources: [lostItem] }
