import { registerNumberKind } from '../../platform/numbering/index.ts'
import { defineResource } from '../../platform/resource/resource.ts'
import { checkItem, claimItem, disposeOfItem, reopenItem } from './domain/lost-item.ts'

// A tag that was thrown away is no loss: nobody waits for the next number
registerNumberKind({
  key: 'lostItem',
  label: { zh: '失物招领', en: 'Lost items' },
  pattern: 'L-{seq:6}',
  reset: 'never',
  gapFree: false,
  table: 'lost_item',
  typed: true,
})

/** Things that were found on the grounds, until somebody claims them or they are disposed of. */
export const lostItem = defineResource({
  name: 'lostItem',
  path: 'lost-items',
  label: { zh: '失物招领', en: 'Lost items' },
  permissionGroup: { zh: '客户服务', en: 'Service' },
  readers: ['manager', 'serviceAgent'],
  writers: ['serviceAgent'],
  table: 'lost_item',
  scope: { project: 'project_id', building: placeIn, department: 'department_id', owner: 'created_by' },
  titleField: 'title',
  titleSql: `r.number || ' ' || r.title`,
  defaultSort: '-foundAt',
  uniqueKey: ['number'],
  fields: {
    number: {
      kind: 'text',
      label: { zh: '编号', en: 'Number' },
      help: { zh: '挂在物品上的标签；留空则自动编号', en: 'On the tag; left empty, the next one is given' },
      maxLength: 40,
      numbering: 'lostItem',
      createOnly: true,
      list: true,
      sort: true,
      search: true,
    },
    title: {
      kind: 'text',
      label: { zh: '物品', en: 'Item' },
      required: true,
      maxLength: 100,
      list: true,
      sort: true,
      search: true,
    },
    category: {
      kind: 'dictionary',
      dictionary: 'lostItemCategory',
      label: { zh: '类别', en: 'Category' },
      list: true,
    },
    description: {
      kind: 'longText',
      label: { zh: '描述', en: 'Description' },
      maxLength: 2_000,
      search: true,
    },
    foundAt: {
      kind: 'instant',
      label: { zh: '拾获时间', en: 'Found at' },
      required: true,
      list: true,
      sort: true,
    },
    placeId: { kind: 'reference', resource: 'room', label: { zh: '拾获地点（房间）', en: 'Found in room' } },
    placeText: {
      kind: 'text',
      label: { zh: '拾获地点', en: 'Found where' },
      maxLength: 200,
      list: true,
      search: true,
    },
    finder: { kind: 'text', label: { zh: '拾获人', en: 'Finder' }, maxLength: 60, search: true },
    photos: { kind: 'attachments', label: { zh: '照片', en: 'Photos' }, list: true },
    state: {
      kind: 'choice',
      label: { zh: '状态', en: 'State' },
      readOnly: true,
      default: 'found',
      list: true,
      sort: true,
      options: [
        { value: 'found', label: { zh: '待认领', en: 'Waiting' }, tone: 'attention' },
        { value: 'claimed', label: { zh: '已认领', en: 'Claimed' }, tone: 'ok' },
        { value: 'disposed', label: { zh: '已处置', en: 'Disposed of' }, tone: 'neutral' },
      ],
    },
    claimantName: claimed({
      kind: 'text',
      label: { zh: '认领人', en: 'Claimed by' },
      maxLength: 60,
      search: true,
    }),
    claimantPhone: claimed({ kind: 'phone', label: { zh: '认领人电话', en: 'Their phone' }, search: true }),
    closedAt: claimed({ kind: 'instant', label: { zh: '办结时间', en: 'Closed at' } }),
  },
  hooks: { check: checkItem },
  actions: {
    claim: {
      label: { zh: '认领', en: 'Claim' },
      tone: 'ok',
      bulk: false,
      fields: {
        claimantName: {
          kind: 'text',
          label: { zh: '认领人', en: 'Claimed by' },
          required: true,
          maxLength: 60,
        },
        claimantPhone: { kind: 'phone', label: { zh: '认领人电话', en: 'Their phone' }, required: true },
      },
      decide: claimItem,
    },
    dispose: {
      label: { zh: '处置', en: 'Dispose of' },
      confirm: {
        zh: '确定这些物品无人认领、已经处置？',
        en: 'Nobody claimed these items and they are gone?',
      },
      decide: disposeOfItem,
    },
    reopen: { label: { zh: '重新待认领', en: 'Open again' }, tone: 'attention', decide: reopenItem },
  },
})

function claimed<T extends object>(field: T) {
  return { ...field, readOnly: true, section: { zh: '认领', en: 'Claim' } } as const
}

/** An item lies in the building of the room where it was found. */
function placeIn(ids: string): string {
  return `r.place_id IN (SELECT id FROM room WHERE building_id = ANY(${ids}))`
}
