/** What other systems can be told of. Modules say it when they are loaded; records of resources come by themselves. */
import type { Permission } from '@courtyard/protocols/contract'
import type { Texts } from '../reasons/reason.ts'
import { allResources, type ChangeKind, type Resource } from '../resource/resource.ts'

export interface EventKind {
  /** `noun.participle`: `billRun.issued`. */
  readonly type: string
  readonly group: Texts
  readonly label: Texts
  /** What its data holds, for who writes the receiver. */
  readonly description: Texts
  /** Nobody is told of what he may not read. */
  readonly permission: Permission
}

const kinds = new Map<string, EventKind>()

/** @throws when a type is taken, or could not stand in a payload */
export function registerEvents(group: Texts, declared: readonly Omit<EventKind, 'group'>[]): void {
  for (const kind of declared) {
    if (!/^[a-zA-Z]\w*\.[a-zA-Z]\w*$/.test(kind.type))
      throw new Error(`event ${kind.type} is not noun.participle`)
    if (kinds.has(kind.type)) throw new Error(`event ${kind.type} is registered twice`)
    kinds.set(kind.type, { ...kind, group })
  }
}

const participles = {
  create: { word: 'created', zh: '新增', en: 'created' },
  edit: { word: 'changed', zh: '修改', en: 'changed' },
  archive: { word: 'archived', zh: '归档', en: 'archived' },
  restore: { word: 'restored', zh: '恢复', en: 'restored' },
} as const satisfies Record<ChangeKind, { word: string; zh: string; en: string }>

/** Type of the event for a change of a record: `lostItem.changed`. */
export const recordEventType = (resource: Pick<Resource, 'name'>, kind: ChangeKind): string =>
  `${resource.name}.${participles[kind].word}`

function kindsOfRecords(resource: Resource): EventKind[] {
  return (Object.keys(participles) as ChangeKind[]).map((change) => ({
    type: recordEventType(resource, change),
    group: resource.label,
    label: {
      zh: `${resource.label.zh}：${participles[change].zh}`,
      en: `${resource.label.en} ${participles[change].en}`,
    },
    description: {
      zh: '记录的编号、版本、操作和改动的字段名；内容请用 API 读取',
      en: 'Id and version of the record, what was done, names of the changed fields; read the values by the API',
    },
    permission: resource.permissions.read,
  }))
}

/** Sent on request only, to whoever sets a webhook up. */
export const TEST_EVENT = 'webhook.test'

/** All there are, those of the modules first. */
export function eventKinds(): readonly EventKind[] {
  return [...kinds.values(), ...allResources().flatMap(kindsOfRecords)]
}

/** Null for a type that nobody knows any more. */
export function eventKind(type: string): EventKind | null {
  return kinds.get(type) ?? eventKinds().find((kind) => kind.type === type) ?? null
}
