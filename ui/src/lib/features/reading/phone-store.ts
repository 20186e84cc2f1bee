/** What the phone keeps by itself: tasks, entries that wait, photos. IndexedDB, so it survives a restart. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { PhoneTask, ReadingConflict, ReadingEntryBody, Session } from '@courtyard/protocols/contract'

/** An entry on its way to the hub. */
export interface QueuedEntry {
  /** Order in which it was made. */
  readonly order: number
  readonly userId: string
  /** `photo` is filled in when the photo has been sent. */
  readonly entry: ReadingEntryBody
  /** For the list: where and what. */
  readonly title: string
  readonly place: string
  readonly unit: string
  readonly hasPhoto: boolean
  /** `setAside` has arrived, but the office must decide. */
  readonly state: 'waiting' | 'refused' | 'setAside'
  /** Code and words of the hub when it refused. */
  readonly problem: { readonly code: string; readonly text: string } | null
  readonly conflict: ReadingConflict | null
}
export type NewQueuedEntry = Omit<QueuedEntry, 'order' | 'state' | 'problem' | 'conflict'>

export interface KeptTasks {
  readonly userId: string
  /** When the hub was asked, by its clock. */
  readonly at: string
  readonly tasks: readonly PhoneTask[]
}

/** Who was signed in; without the token, which is asked for anew when there is network. */
export type KeptSession = Omit<Session, 'csrfToken'>

interface Schema extends DBSchema {
  queue: { key: number; value: Omit<QueuedEntry, 'order'> & { order?: number } }
  photos: { key: string; value: Blob }
  tasks: { key: string; value: KeptTasks }
  session: { key: 'last'; value: KeptSession }
}

let opened: Promise<IDBPDatabase<Schema>> | null = null

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('courtyard-staff', 1, {
    upgrade(db) {
      db.createObjectStore('queue', { keyPath: 'order', autoIncrement: true })
      db.createObjectStore('photos')
      db.createObjectStore('tasks')
      db.createObjectStore('session')
    },
  })
  return opened
}

export const phoneStore = {
  async queue(): Promise<QueuedEntry[]> {
    return (await (await database()).getAll('queue')) as QueuedEntry[]
  },
  /** Entry and photo in one transaction, on the disk of the phone when it resolves. */
  async add(entry: NewQueuedEntry, photo: Blob | null): Promise<void> {
    const tx = (await database()).transaction(['queue', 'photos'], 'readwrite', { durability: 'strict' })
    await tx.objectStore('queue').add({ ...entry, state: 'waiting', problem: null, conflict: null })
    if (photo) await tx.objectStore('photos').put(photo, entry.entry.id)
    await tx.done
  },
  async put(entry: QueuedEntry): Promise<void> {
    await (await database()).put('queue', entry)
  },
  async remove(entry: QueuedEntry): Promise<void> {
    const tx = (await database()).transaction(['queue', 'photos'], 'readwrite')
    await tx.objectStore('queue').delete(entry.order)
    await tx.objectStore('photos').delete(entry.entry.id)
    await tx.done
  },
  async photo(entryId: string): Promise<Blob | null> {
    return (await (await database()).get('photos', entryId)) ?? null
  },
  async tasks(userId: string): Promise<KeptTasks | null> {
    return (await (await database()).get('tasks', userId)) ?? null
  },
  async keepTasks(kept: KeptTasks): Promise<void> {
    await (await database()).put('tasks', kept, kept.userId)
  },
  async session(): Promise<KeptSession | null> {
    return (await (await database()).get('session', 'last')) ?? null
  },
  async keepSession(session: KeptSession): Promise<void> {
    await (await database()).put('session', session, 'last')
  },
}
