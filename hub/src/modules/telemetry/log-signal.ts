/** Tells the followers of this process that something was committed. One per hub. */
import { EventEmitter } from 'node:events'
import type { Hub } from '../../platform/module.ts'

const signals = new WeakMap<Hub['db'], EventEmitter>()

function signalOf(hub: Pick<Hub, 'db'>): EventEmitter {
  let signal = signals.get(hub.db)
  if (!signal) {
    signal = new EventEmitter().setMaxListeners(0)
    signals.set(hub.db, signal)
  }
  return signal
}

export function announceCommit(hub: Pick<Hub, 'db'>): void {
  signalOf(hub).emit('commit')
}

/** @returns ends it */
export function onCommit(hub: Pick<Hub, 'db'>, listener: () => void): () => void {
  const signal = signalOf(hub)
  signal.on('commit', listener)
  return () => signal.off('commit', listener)
}
