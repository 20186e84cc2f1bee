/** Words of the estate's codes, for lists and forms. */
import type { FieldOption } from '@courtyard/protocols/contract'

export const roomKinds: readonly FieldOption[] = [
  { value: 'flat', label: { zh: '住宅', en: 'Flat' } },
  { value: 'shop', label: { zh: '商铺', en: 'Shop' } },
  { value: 'office', label: { zh: '办公室', en: 'Office' } },
  { value: 'common', label: { zh: '公共区域', en: 'Common area' } },
  { value: 'basement', label: { zh: '地下室', en: 'Basement' } },
  { value: 'storage', label: { zh: '储藏间', en: 'Storage' } },
  { value: 'advertising', label: { zh: '广告位', en: 'Advertising space' } },
  { value: 'parking', label: { zh: '车位', en: 'Parking space' } },
]

export const buildingKinds: readonly FieldOption[] = [
  { value: 'residential', label: { zh: '住宅楼', en: 'Residential' } },
  { value: 'commercial', label: { zh: '商业楼', en: 'Commercial' } },
  { value: 'mixed', label: { zh: '商住楼', en: 'Mixed use' } },
  { value: 'parking', label: { zh: '车库', en: 'Car park' } },
  { value: 'other', label: { zh: '其他', en: 'Other' } },
]

export const deliveryStates: readonly FieldOption[] = [
  { value: 'unsold', label: { zh: '未售', en: 'Unsold' }, tone: 'neutral' },
  { value: 'toHandOver', label: { zh: '待交付', en: 'To hand over' }, tone: 'attention' },
  { value: 'handedOver', label: { zh: '已交付', en: 'Handed over' }, tone: 'ok' },
]

export const decorationStates: readonly FieldOption[] = [
  { value: 'bare', label: { zh: '毛坯', en: 'Bare' }, tone: 'neutral' },
  { value: 'decorating', label: { zh: '装修中', en: 'Being fitted out' }, tone: 'attention' },
  { value: 'decorated', label: { zh: '已装修', en: 'Fitted out' }, tone: 'ok' },
]

export const rentStates: readonly FieldOption[] = [
  { value: 'none', label: { zh: '非出租', en: 'Not for rent' }, tone: 'neutral' },
  { value: 'vacant', label: { zh: '待租', en: 'Vacant' }, tone: 'attention' },
  { value: 'let', label: { zh: '已出租', en: 'Let' }, tone: 'ok' },
]

export const householdKinds: readonly FieldOption[] = [
  { value: 'residential', label: { zh: '居民', en: 'Residential' } },
  { value: 'commercial', label: { zh: '商户', en: 'Commercial' } },
  { value: 'property', label: { zh: '物业自用', en: 'Property company' } },
]
