import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileNameOf } from './file-name.ts'

const known = new Set(['jpg', 'jpeg', 'png', 'pdf', 'txt'])
const jpeg = (name: string) => fileNameOf(name, ['jpg', 'jpeg'], known)

test.each([
  ['钥匙.JPG', '钥匙.jpg'],
  ['photo.jpeg', 'photo.jpeg'],
  ['photo.png', 'photo.jpg'],
  ['evil.html', 'evil.html.jpg'],
  ['../../etc/passwd', 'passwd.jpg'],
  ['C:\\Users\\me\\pic.jpg', 'pic.jpg'],
  ['two\r\nlines: x.jpg', 'two lines_ x.jpg'],
  ['photo\u202egpj.exe', 'photogpj.exe.jpg'],
  ['a\u0000b.jpg', 'ab.jpg'],
  ['.htaccess', 'htaccess.jpg'],
  ['   ', 'file.jpg'],
  ['.jpg', 'file.jpg'],
  ['v1.2', 'v1.2.jpg'],
  ['\ud800.jpg', 'file.jpg'],
])('%j becomes %j', (given, name) => {
  expect(jpeg(given)).toBe(name)
})

test('whatever it is called, the name stays in its folder, is short, and ends as its bytes say', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0x10ffff), { maxLength: 200 }), (codePoints) => {
      const name = jpeg(String.fromCodePoint(...codePoints))
      expect(name).toMatch(/^[^/\\\p{Cc}\p{Cf}]+\.(jpg|jpeg)$/u)
      expect(name.startsWith('.')).toBe(false)
      expect([...name].length).toBeLessThanOrEqual(126)
      expect(name.isWellFormed()).toBe(true)
    }),
  )
})
