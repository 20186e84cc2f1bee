/** Files that are there as a whole or not at all, whatever is killed or cut. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a file that only its owner may read (mode 0600); on the disk when this returns, in place of what was there.
 * Throws what the file system says; the old file then stands.
 */
export function writeWholeFile(file: string, text: string): void {
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeThrough(temporary, text)
    renameSync(temporary, file)
  } catch (error) {
    removeIfThere(temporary)
    throw error
  }
  syncFolder(folder)
}

/** True when there was one; it does not come back after a power cut. */
export function removeWholeFile(file: string): boolean {
  const removed = removeIfThere(file)
  if (removed) syncFolder(dirname(file))
  return removed
}

function writeThrough(file: string, text: string): void {
  const handle = openSync(file, 'w', 0o600)
  try {
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function removeIfThere(file: string): boolean {
  try {
    unlinkSync(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** A rename is on the disk when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
