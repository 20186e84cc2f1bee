/** Pictures of events on the disk, within a room of bytes. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the hub asks for at once; a longer picture could never be shown. */
export const MAX_PICTURE_BYTES = 512 * 1024

export class PictureStore {
  private readonly folder: string
  private readonly maxBytes: number
  private readonly sizes = new Map<string, number>()
  private total = 0
  private ready: Promise<void> | null = null

  constructor(folder: string, maxBytes: number) {
    this.folder = join(folder, 'pictures')
    this.maxBytes = maxBytes
  }

  /** Key of the picture, a hash of its bytes; null when it is no JPEG, too long, or there is no room at all. */
  async keep(bytes: Uint8Array): Promise<string | null> {
    const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8
    if (!isJpeg || bytes.length > Math.min(MAX_PICTURE_BYTES, this.maxBytes)) return null
    await (this.ready ??= this.open())
    const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 40)}.jpg`
    if (this.sizes.has(name)) return name
    await this.makeRoom(bytes.length)
    // Whole or not there at all, whenever the power goes.
    const temporary = join(this.folder, `.${name}.part`)
    await writeFile(temporary, bytes)
    await rename(temporary, join(this.folder, name))
    this.sizes.set(name, bytes.length)
    this.total += bytes.length
    return name
  }

  private async makeRoom(bytes: number): Promise<void> {
    for (const [name, size] of this.sizes) {
      if (this.total + bytes <= this.maxBytes) return
      await rm(join(this.folder, name), { force: true })
      this.sizes.delete(name)
      this.total -= size
    }
  }

  /** Oldest first, as they will go. */
  private async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    const names = await readdir(this.folder)
    for (const name of names.filter((name) => name.endsWith('.part'))) await rm(join(this.folder, name), { force: true }) // prettier-ignore
    const files = await Promise.all(
      names.filter((name) => name.endsWith('.jpg')).map(async (name) => ({ name, ...(await stat(join(this.folder, name))) })), // prettier-ignore
    )
    for (const { name, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      this.sizes.set(name, size)
      this.total += size
    }
  }
}
