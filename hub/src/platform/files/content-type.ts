/** What a file is, told by its bytes. Its name decides only where the bytes leave it open. */
import { open } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'

export interface FileType {
  readonly mediaType: string
  /** The first is the usual one. */
  readonly extensions: readonly [string, ...string[]]
  readonly isPicture: boolean
}

const type = (mediaType: string, ...extensions: [string, ...string[]]): FileType => ({
  mediaType,
  extensions,
  isPicture: mediaType.startsWith('image/'),
})
const office = 'application/vnd.openxmlformats-officedocument.'

/** What bytes tell by themselves, by the name that the detector has for it. */
const told: Readonly<Record<string, FileType>> = {
  jpg: type('image/jpeg', 'jpg', 'jpeg'),
  png: type('image/png', 'png'),
  // An animated one: its first picture is kept
  apng: type('image/png', 'png'),
  webp: type('image/webp', 'webp'),
  pdf: type('application/pdf', 'pdf'),
  docx: type(`${office}wordprocessingml.document`, 'docx'),
  xlsx: type(`${office}spreadsheetml.sheet`, 'xlsx'),
  pptx: type(`${office}presentationml.presentation`, 'pptx'),
  mp4: type('video/mp4', 'mp4', 'm4v'),
  mov: type('video/quicktime', 'mov'),
  m4a: type('audio/mp4', 'm4a'),
  mp3: type('audio/mpeg', 'mp3'),
}

/** Old office files share one container; texts have no mark at all. There the name's extension decides. */
const inContainer: Readonly<Record<string, FileType>> = {
  doc: type('application/msword', 'doc'),
  xls: type('application/vnd.ms-excel', 'xls'),
  ppt: type('application/vnd.ms-powerpoint', 'ppt'),
}
const asText: Readonly<Record<string, FileType>> = {
  txt: type('text/plain', 'txt'),
  csv: type('text/csv', 'csv'),
}

export const allFileTypes: readonly FileType[] = [
  ...new Map(
    [told, inContainer, asText].flatMap(Object.values<FileType>).map((one) => [one.mediaType, one]),
  ).values(),
]

/** For people: `JPG, PNG, PDF …`. */
export const fileTypeWords: string = allFileTypes
  .map(({ extensions }) => extensions[0].toUpperCase())
  .join(', ')

/** Null for what is not taken: SVG, HTML, programs, archives, and whatever else is not in the list. */
export async function fileTypeOf(path: string, name: string): Promise<FileType | null> {
  const found = await fileTypeFromFile(path)
  const extension = extensionOf(name)
  if (found?.ext === 'cfb') return own(inContainer, extension)
  if (found) return own(told, found.ext)
  const text = own(asText, extension)
  return text && (await looksLikeText(path)) ? text : null
}

/** In lower case and without the point; empty without one. */
export function extensionOf(name: string): string {
  return /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
}

const own = (types: Readonly<Record<string, FileType>>, name: string): FileType | null =>
  Object.hasOwn(types, name) ? types[name]! : null

const HEAD_BYTES = 64 * 1024

/** Texts have no control characters but tabs and ends of lines, in any encoding that is in use here. */
async function looksLikeText(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return !buffer
      .subarray(0, bytesRead)
      .some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127)
  } finally {
    await file.close()
  }
}
