/** Photos of a display: small enough for a slow network, large enough to read the digits. */

const LONGEST_SIDE_PX = 1_600
const JPEG_QUALITY = 0.82

/** @throws when the file is no picture that this browser can open */
export async function smallPhoto(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file)
  try {
    const factor = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(picture.width * factor))
    canvas.height = Math.max(1, Math.round(picture.height * factor))
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('no picture'))),
        'image/jpeg',
        JPEG_QUALITY,
      ),
    )
  } finally {
    picture.close()
  }
}
