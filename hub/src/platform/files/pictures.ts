/**
 * Pictures are decoded and written anew before they are kept: upright, without what cameras add (place, time, device),
 * and without anything that hides behind the picture.
 */
import type { FormatEnum, Sharp, SharpOptions } from 'sharp'
import { fail } from '../errors.ts'
import { fileErrors } from './errors.ts'
import type { FileReason } from './reasons.ts'

export const MOST_PICTURE_BYTES = 8 * 1024 * 1024
/** More would cost browsers and this process too much memory: 4 bytes per pixel. */
export const MOST_PICTURE_PIXELS = 50_000_000

/** For lists. */
const SMALL_PX = 320
/** For a screen. */
const MEDIUM_PX = 1_600
const MEDIUM_IS_NOT_WORTH_BELOW_BYTES = 300_000
const MOST_SECONDS = 60

export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp'

export interface CleanPicture {
  readonly bytes: Buffer
  readonly mediaType: PictureType
  readonly widthPx: number
  readonly heightPx: number
}

const formats: Readonly<Record<PictureType, keyof FormatEnum>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
}
const writing = { jpeg: { quality: 90 }, webp: { quality: 90 }, png: { compressionLevel: 8 } } as const

let opened: Promise<(source: Buffer | string, options: SharpOptions) => Sharp> | null = null

/** Loaded with the first picture: a hub that gets none does without 20 MB. */
function sharpOf() {
  opened ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false)
    sharp.concurrency(1)
    // Whatever else the library can read has no business here
    sharp.block({ operation: ['VipsForeignLoad'] })
    const loaders = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp']
    sharp.unblock({ operation: loaders })
    return sharp
  })
  return opened
}

async function picture(source: Buffer | string): Promise<Sharp> {
  const sharp = await sharpOf()
  return sharp(source, { limitInputPixels: MOST_PICTURE_PIXELS, failOn: 'error' }).timeout({
    seconds: MOST_SECONDS,
  })
}

/**
 * @param mediaType what its bytes say that it is; undefined: any of the three
 * @throws AppError `file.refused` with the reason
 */
export async function cleanPicture(source: Buffer | string, mediaType?: string): Promise<CleanPicture> {
  try {
    const image = await picture(source)
    const { format, width, height } = await image.metadata()
    const found = (Object.keys(formats) as PictureType[]).find((one) => formats[one] === format)
    if (!found || (mediaType !== undefined && mediaType !== found))
      throw refuse({ code: 'file.not_a_picture' })
    if (width * height > MOST_PICTURE_PIXELS) throw tooManyPixels()
    const { data, info } = await image
      .autoOrient()
      .toFormat(formats[found], writing[formats[found] as keyof typeof writing])
      .toBuffer({ resolveWithObject: true })
    return { bytes: data, mediaType: found, widthPx: info.width, heightPx: info.height }
  } catch (error) {
    throw readable(error)
  }
}

const PRINTED_PX = 1_200

/** For documents: within 1,200 pixels, as PNG or JPEG, which is what PDF knows. @throws as `cleanPicture` */
export async function printablePicture(source: Buffer): Promise<CleanPicture> {
  const clean = await cleanPicture(source)
  const mediaType = clean.mediaType === 'image/jpeg' ? 'image/jpeg' : 'image/png'
  const image = (await picture(clean.bytes))
    .resize({ width: PRINTED_PX, height: PRINTED_PX, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
  const written = mediaType === 'image/jpeg' ? image.jpeg(writing.jpeg) : image.png(writing.png)
  const { data, info } = await written.toBuffer({ resolveWithObject: true })
  return { bytes: data, mediaType, widthPx: info.width, heightPx: info.height }
}

export interface SmallerPictures {
  readonly small: Buffer
  /** Null when the picture itself is small enough. */
  readonly medium: Buffer | null
}

/** WebP, within squares of 320 and 1,600 pixels. */
export async function smallerPictures({ bytes, widthPx, heightPx }: CleanPicture): Promise<SmallerPictures> {
  const needsMedium =
    Math.max(widthPx, heightPx) > MEDIUM_PX || bytes.length > MEDIUM_IS_NOT_WORTH_BELOW_BYTES
  return {
    small: await within(bytes, SMALL_PX, 75),
    medium: needsMedium ? await within(bytes, MEDIUM_PX, 80) : null,
  }
}

async function within(bytes: Buffer, px: number, quality: number): Promise<Buffer> {
  const image = await picture(bytes)
  return image
    .resize({ width: px, height: px, fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .toBuffer()
}

const refuse = (reason: FileReason) => fail(fileErrors.refused, 'The picture cannot be used', { reason })
const tooManyPixels = () =>
  refuse({
    code: 'file.picture_too_large',
    most: MOST_PICTURE_BYTES / 1024 / 1024,
    pixels: MOST_PICTURE_PIXELS / 1_000_000,
  })

/** The library says what is wrong in words only. */
function readable(error: unknown): unknown {
  if (!(error instanceof Error) || 'code' in error) return error
  if (/pixel limit|dimension|too large|timeout/i.test(error.message)) return tooManyPixels()
  if (/unsupported image format|buffer is empty/i.test(error.message))
    return refuse({ code: 'file.not_a_picture' })
  return fail(fileErrors.refused, 'The picture is damaged', { reason: { code: 'file.damaged' } }, error)
}
