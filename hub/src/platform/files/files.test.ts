/** What files are told to be, where they lie, and what becomes of pictures. Fixtures are made by other programs. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import yazl from 'yazl'
import { fileTypeOf } from './content-type.ts'
import { DiskStore } from './disk-store.ts'
import { placeOf } from './file-store.ts'
import { cleanPicture, smallerPictures } from './pictures.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courtyard-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function typeOf(bytes: Buffer | string, name: string): Promise<string | null> {
  const path = join(folder, 'probe')
  await writeFile(path, bytes)
  return (await fileTypeOf(path, name))?.mediaType ?? null
}

/** A zip with the one file that tells which kind of office document it is. */
async function officeFile(main: string): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  const xml = `<?xml version="1.0"?><Types><Override PartName="/x.xml" ContentType="application/vnd.openxmlformats-officedocument.${main}.main+xml"/></Types>`
  zip.addBuffer(Buffer.from(xml), '[Content_Types].xml')
  zip.end()
  return buffer(zip.outputStream)
}

/** A PNG that says it is that large and holds next to nothing. */
function pngOf(widthPx: number, heightPx: number): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data])
    const head = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, sum])
  }
  const size = Buffer.alloc(13)
  size.writeUInt32BE(widthPx, 0)
  size.writeUInt32BE(heightPx, 4)
  size.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const data = chunk('IDAT', deflateSync(Buffer.alloc(1_000)))
  return Buffer.concat([signature, chunk('IHDR', size), data, chunk('IEND', Buffer.alloc(0))])
}

const plain = () => sharp({ create: { width: 60, height: 40, channels: 3, background: '#c2410c' } })
const OLE = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(504)])

describe('what a file is', () => {
  test('is told by its bytes, whatever it is called', async () => {
    const jpeg = await plain().jpeg().toBuffer()
    expect(await typeOf(jpeg, 'invoice.pdf')).toBe('image/jpeg')
    expect(await typeOf('%PDF-1.7\n1 0 obj\n', 'x')).toBe('application/pdf')
    const sheet = await officeFile('spreadsheetml.sheet')
    expect(await typeOf(sheet, 'a.zip')).toMatch(/spreadsheetml\.sheet$/)
  })

  test('programs, archives, SVG and HTML are not taken, whatever they are called', async () => {
    const archive = new yazl.ZipFile()
    archive.addBuffer(Buffer.from('x'), 'run.sh')
    archive.end()
    for (const [bytes, name] of [
      ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'plan.svg'],
      ['<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 'plan.jpg'],
      ['<!doctype html><script>alert(1)</script>', 'page.jpg'],
      [Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), 'photo.jpg'],
      [Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(200)]), 'notes.txt'],
      [await buffer(archive.outputStream), 'report.docx'],
      ['GIF89a\x01\x00\x01\x00', 'x.gif'],
      [Buffer.from('0102030405', 'hex'), 'notes.txt'],
      ['plain words', 'letter'],
    ] as const)
      expect([name, await typeOf(Buffer.from(bytes as string), name)]).toEqual([name, null])
  })

  test('where bytes leave it open, the name decides among few', async () => {
    expect(await typeOf('日期,度数\n2026-11-01,12.5\n', '抄表.csv')).toBe('text/csv')
    expect(await typeOf(Buffer.from('b6c8cafd', 'hex'), '度数.txt')).toBe('text/plain')
    expect(await typeOf(OLE, 'Vertrag.DOC')).toBe('application/msword')
    expect(await typeOf(OLE, 'setup.msi')).toBeNull()
  })
})

describe('pictures', () => {
  test('stand upright and carry no place, no device, nothing behind them', async () => {
    const withPlace = await plain()
      .withExif({ IFD0: { Make: 'Spy' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '31/1 13/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    expect((await sharp(withPlace).metadata()).exif).toBeDefined()
    const clean = await cleanPicture(
      Buffer.concat([withPlace, Buffer.from('PK\x03\x04<script>alert(1)</script>')]),
    )
    expect(clean).toMatchObject({ mediaType: 'image/jpeg', widthPx: 40, heightPx: 60 })
    const { exif, xmp, iptc, orientation } = await sharp(clean.bytes).metadata()
    expect([exif, xmp, iptc, orientation]).toEqual([undefined, undefined, undefined, undefined])
    expect(clean.bytes.includes('<script>')).toBe(false)
  })

  test('PNG loses nothing but what is not seen', async () => {
    const noise = await sharp({
      create: { width: 64, height: 64, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 40 } },
    } as never)
      .png()
      .toBuffer()
    const { bytes } = await cleanPicture(noise, 'image/png')
    const pixels = (png: Buffer) => sharp(png).raw().toBuffer()
    expect((await pixels(bytes)).equals(await pixels(noise))).toBe(true)
  })

  test('smaller ones fit into their squares and are made only where they help', async () => {
    const wide = await cleanPicture(
      await sharp({ create: { width: 2_400, height: 600, channels: 3, background: '#334' } })
        .jpeg()
        .toBuffer(),
    )
    const { small, medium } = await smallerPictures(wide)
    expect(await sharp(small).metadata()).toMatchObject({ format: 'webp', width: 320, height: 80 })
    expect(await sharp(medium!).metadata()).toMatchObject({ format: 'webp', width: 1_600, height: 400 })
    const tiny = await smallerPictures(await cleanPicture(await plain().webp().toBuffer()))
    expect(await sharp(tiny.small).metadata()).toMatchObject({ width: 60, height: 40 })
    expect(tiny.medium).toBeNull()
  })

  test('bombs, broken ones and other things are refused with a reason', async () => {
    const whole = await sharp({ create: { width: 400, height: 400, channels: 3, background: '#eee' } })
      .png()
      .toBuffer()
    const reasonOf = (source: Buffer, mediaType?: string) =>
      cleanPicture(source, mediaType).then(
        () => 'taken',
        ({ code, details }: { code: string; details: { reason: { code: string } } }) => [
          code,
          details.reason.code,
        ],
      )
    expect(await reasonOf(pngOf(50_000, 50_000))).toEqual(['file.refused', 'file.picture_too_large'])
    expect(await reasonOf(pngOf(100, 100))).toEqual(['file.refused', 'file.damaged'])
    expect(await reasonOf(whole.subarray(0, whole.length / 2))).toEqual(['file.refused', 'file.damaged'])
    expect(await reasonOf(whole, 'image/jpeg')).toEqual(['file.refused', 'file.not_a_picture'])
    for (const other of ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'GIF89a', ''])
      expect(await reasonOf(Buffer.from(other))).toEqual(['file.refused', 'file.not_a_picture'])
  })
})

describe('files on disk', () => {
  test('lie in 256 folders under their hash; nothing but a hash leads to one', () => {
    const hash = sha256(Buffer.from('x'))
    expect(placeOf(hash)).toBe(`files/${hash.slice(0, 2)}/${hash}`)
    for (const bad of ['../../etc/passwd', hash.toUpperCase(), hash + '/..', ''])
      expect(() => placeOf(bad)).toThrow()
  })

  test('are kept once, read whole and in parts, and removed', async () => {
    const incoming = join(folder, 'files', 'incoming')
    const store = new DiskStore(folder, incoming)
    await store.check()
    const bytes = Buffer.from('0123456789')
    const hash = sha256(bytes)
    await store.put(hash, bytes)
    const path = join(folder, placeOf(hash))
    const { ino } = await stat(path)
    const again = join(incoming, 'again.part')
    await writeFile(again, bytes)
    await store.put(hash, again)
    expect((await stat(path)).ino).toBe(ino)
    expect(await readdir(incoming)).toEqual([])
    expect(await readFile(path, 'utf8')).toBe('0123456789')
    const part = await store.open(hash, { first: 3, last: 5 })
    expect((await buffer(part!)).toString()).toBe('345')
    await store.remove(hash)
    await store.remove(hash)
    expect(await store.open(hash)).toBeNull()
  })
})
