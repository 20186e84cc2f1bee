/** Files from their upload to their removal, and what strangers and hostile senders get of them. */
import { createHash, randomUUID } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AttachmentRef, ResourceMeta } from '@courtyard/protocols/contract'
import { placeOf } from '../../platform/files/file-store.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { sweepAttachments } from './sweep.service.ts'

let hub: TestHub
let agent: TestClient
let projectId: string
let photo: Buffer

beforeAll(async () => {
  hub = await startTestHub()
  const administrator = await hub.as('administrator')
  const project = { code: 'COURT', name: 'Court' }
  projectId = (await administrator.call('POST /api/projects', { body: project })).id
  agent = await hub.as('serviceAgent', [projectId])
  photo = await sharp({ create: { width: 2_000, height: 1_000, channels: 3, background: '#b45309' } })
    .jpeg()
    .toBuffer()
})
afterAll(() => hub?.stop())

interface Answer {
  readonly status: number
  readonly body: AttachmentRef & { error: { code: string; details?: { reason?: string } } }
}

async function upload(client: TestClient, name: string, bytes: Buffer | string): Promise<Answer> {
  const headers = { ...client.headers, 'content-type': 'application/octet-stream', 'accept-language': 'en' }
  const url = `/api/attachments?name=${encodeURIComponent(name)}`
  const answer = await hub.app.inject({ method: 'POST', url, headers, payload: Buffer.from(bytes as string) })
  return { status: answer.statusCode, body: answer.json() }
}

const content = (client: TestClient, id: string, query = '', headers: Record<string, string> = {}) =>
  hub.app.inject({
    url: `/api/attachments/${id}/content${query}`,
    headers: { ...client.headers, ...headers },
  })
const statusFor = async (client: TestClient, id: string) => (await content(client, id)).statusCode

interface Item {
  readonly id: string
  readonly version: number
  readonly photos: AttachmentRef[]
  readonly error?: { code: string }
}
async function write(
  client: TestClient,
  method: 'POST' | 'PATCH',
  path: string,
  body: object,
): Promise<Item> {
  const url = `/api/lost-items${path}`
  return (await hub.app.inject({ method, url, headers: client.headers, payload: body })).json()
}
const makeItem = (client: TestClient, photos: readonly string[]) =>
  write(client, 'POST', '', {
    projectId,
    title: 'Keys',
    foundAt: '2026-11-20T08:00:00Z',
    placeText: 'Gate',
    photos,
  })

async function filesOnDisk(): Promise<string[]> {
  const names = await readdir(join(hub.folder, 'files'), { recursive: true, withFileTypes: true })
  return names.filter((one) => one.isFile()).map(({ name }) => name)
}

async function aDayLater(): Promise<void> {
  const { pool } = hub.hub.db
  await pool.query(`update attachment set uploaded_at = uploaded_at - interval '25 hours',
    released_at = released_at - interval '25 hours'`)
  await pool.query(`update stored_file set check_due = check_due - interval '25 hours'`)
  await sweepAttachments(hub.hub, new AbortController().signal)
}

test('a photo is its uploader’s alone until a record has it, and then seen by who sees the record', async () => {
  const { status, body: file } = await upload(agent, '../钥匙\u202e\n.jpg', photo)
  expect(status).toBe(200)
  expect(file).toMatchObject({ name: '钥匙.jpg', mediaType: 'image/jpeg', isImage: true })
  const manager = await hub.as('manager', [projectId])
  const stranger = await hub.as('manager', [randomUUID()])
  expect([await statusFor(agent, file.id), await statusFor(manager, file.id)]).toEqual([200, 404])
  const item = await makeItem(agent, [file.id])
  expect(item.photos).toEqual([file])
  expect([await statusFor(manager, file.id), await statusFor(stranger, file.id)]).toEqual([200, 404])
  expect(await statusFor(await hub.as('engineer', [projectId]), file.id)).toBe(404)
  expect((await hub.app.inject(`/api/attachments/${file.id}/content`)).statusCode).toBe(401)
})

test('pictures are shown in three sizes, the rest is only saved; parts and tags as HTTP has them', async () => {
  const { body: file } = await upload(agent, 'wide.jpg', photo)
  const widths = await Promise.all(
    ['', '?size=medium', '?size=small'].map(async (query) => {
      const answer = await content(agent, file.id, query)
      const { format, width } = await sharp(answer.rawPayload).metadata()
      return [answer.headers['content-type'], format, width]
    }),
  )
  expect(widths).toEqual([
    ['image/jpeg', 'jpeg', 2_000],
    ['image/webp', 'webp', 1_600],
    ['image/webp', 'webp', 320],
  ])
  const { body: text } = await upload(agent, 'list.txt', '0123456789')
  const whole = await content(agent, text.id)
  expect(whole.headers).toMatchObject({
    'content-type': 'text/plain',
    'content-disposition': `attachment; filename="list.txt"; filename*=UTF-8''list.txt`,
    'x-content-type-options': 'nosniff',
    'content-length': '10',
    'accept-ranges': 'bytes',
  })
  expect(whole.headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/)
  const part = await content(agent, text.id, '', { range: 'bytes=2-4' })
  expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10'])
  expect((await content(agent, text.id, '', { range: 'bytes=10-' })).statusCode).toBe(416)
  const tag = String(whole.headers.etag)
  expect((await content(agent, text.id, '', { 'if-none-match': tag })).statusCode).toBe(304)
  const stale = { range: 'bytes=2-4', 'if-range': '"other"' }
  expect((await content(agent, text.id, '', stale)).statusCode).toBe(200)
})

test('the same bytes lie on disk once; who may see one upload of them may not see the other', async () => {
  const bytes = 'the same for two'
  const other = await hub.as('serviceAgent', [projectId])
  const before = (await filesOnDisk()).length
  const [mine, theirs] = [await upload(agent, 'a.txt', bytes), await upload(other, 'b.txt', bytes)]
  expect((await filesOnDisk()).length - before).toBe(1)
  const hash = createHash('sha256').update(bytes).digest('hex')
  expect(await readFile(join(hub.folder, placeOf(hash)), 'utf8')).toBe(bytes)
  expect([await statusFor(agent, mine.body.id), await statusFor(agent, theirs.body.id)]).toEqual([200, 404])
})

test('nobody attaches what somebody else has uploaded, nor what another record has', async () => {
  const other = await hub.as('serviceAgent', [projectId])
  const { body: file } = await upload(other, 'x.txt', 'theirs')
  expect((await makeItem(agent, [file.id])).error?.code).toBe('attachment.not_yours')
  const { id } = await makeItem(other, [file.id])
  expect((await makeItem(other, [file.id])).error?.code).toBe('attachment.not_yours')
  expect((await makeItem(agent, [randomUUID()])).error?.code).toBe('attachment.not_yours')
  // Also who may change the record may not take a file of it for another
  const mine = await makeItem(agent, [])
  const stolen = await write(agent, 'PATCH', `/${mine.id}`, { version: 1, values: { photos: [file.id] } })
  expect(stolen.error?.code).toBe('attachment.not_yours')
  expect(id).toBeDefined()
})

test('taken off a record a file is gone for everybody; the record can have it back', async () => {
  const { body: file } = await upload(agent, 'back.txt', 'to and fro')
  const item = await makeItem(agent, [file.id])
  const off = await write(agent, 'PATCH', `/${item.id}`, { version: 1, values: { photos: [] } })
  expect([off.photos, await statusFor(agent, file.id)]).toEqual([[], 404])
  const back = await write(agent, 'PATCH', `/${item.id}`, { version: 2, values: { photos: [file.id] } })
  expect([back.photos, await statusFor(agent, file.id)]).toEqual([[file], 200])
})

test.each([
  ['nothing at all', 'a.jpg', '', 400, 'The file is empty'],
  ['a page that calls itself a photo', 'a.jpg', '<!doctype html><script>1</script>', 400, /not taken/],
  ['a drawing with a script', 'a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>', 400, /not taken/],
  ['a photo that ends early', 'a.jpg', () => photo.subarray(0, photo.length / 2), 400, /damaged/],
  ['25 MB and more', 'a.txt', () => Buffer.alloc(25 * 1024 * 1024 + 1, 'x'), 413, /25 MB/],
] as const)('%s is refused with a reason', async (_what, name, bytes, status, reason) => {
  const answer = await upload(agent, name, typeof bytes === 'function' ? bytes() : bytes)
  expect([answer.status, answer.body.error.details?.reason]).toEqual([
    status,
    typeof reason === 'string' ? reason : expect.stringMatching(reason),
  ])
})

test('what hides behind a picture does not come through', async () => {
  const polyglot = Buffer.concat([photo, Buffer.from('<script>alert(document.domain)</script>PK\x05\x06')])
  const { body: file } = await upload(agent, 'photo.html', polyglot)
  expect(file.name).toBe('photo.html.jpg')
  const { rawPayload, headers } = await content(agent, file.id)
  expect([rawPayload.includes('<script>'), headers['content-type']]).toEqual([false, 'image/jpeg'])
})

test('an upload that is cut leaves nothing', async () => {
  const { port } = new URL(hub.url)
  const before = await filesOnDisk()
  const headers = Object.entries({ ...agent.headers, 'content-length': '100000', host: 'x' })
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`POST /api/attachments?name=cut.txt HTTP/1.1\r\n`)
  socket.write(headers.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\nonly this much')
  await expect.poll(() => readdir(join(hub.folder, 'files', 'incoming'))).toHaveLength(1)
  socket.destroy()
  await expect.poll(() => readdir(join(hub.folder, 'files', 'incoming'))).toEqual([])
  expect(await filesOnDisk()).toEqual(before)
})

test('who may change no record with files can upload none; a field says what it takes', async () => {
  const role = { code: 'looker', name: 'Looker', permissions: ['lostItem.read'] }
  await hub.hub.db.prisma.role.create({ data: { code: role.code, permissions: role.permissions } })
  const { status, body } = await upload(await hub.as('looker', [projectId]), 'a.txt', 'x')
  expect([status, body.error.code]).toEqual([403, 'attachment.nothing_to_attach'])
  const meta: ResourceMeta = await agent.call('GET /api/resources/:name', { params: { name: 'lostItem' } })
  const field = meta.fields.find(({ name }) => name === 'photos')
  expect(field?.files).toMatchObject({
    mostBytes: 25 * 1024 * 1024,
    accept: expect.stringContaining('image/webp'),
  })
})

test('after a day what no record names is gone, with its bytes; what one names stays', async () => {
  const unnamed = (await upload(agent, 'a.txt', 'nobody names this')).body
  const named = (await upload(agent, 'b.txt', 'a record names this')).body
  const shared = (await upload(agent, 'c.txt', 'a record names this')).body
  const dropped = (await upload(agent, 'd.txt', 'taken off')).body
  const orphan = (await upload(agent, 'e.txt', 'its record is gone')).body
  const item = await makeItem(agent, [named.id, dropped.id])
  await write(agent, 'PATCH', `/${item.id}`, { version: 1, values: { photos: [named.id] } })
  const lost = await makeItem(agent, [orphan.id])
  await hub.hub.db.pool.query('delete from lost_item where id = $1', [lost.id])
  // A record that is put away can be brought back, with all that it had
  await write(agent, 'POST', `/${item.id}/archive`, { version: 2 })
  await sweepAttachments(hub.hub, new AbortController().signal)
  expect(await statusFor(agent, unnamed.id)).toBe(200)

  await aDayLater()
  const statuses = await Promise.all(
    [unnamed, named, shared, dropped, orphan].map(({ id }) => statusFor(agent, id)),
  )
  expect(statuses).toEqual([404, 200, 404, 404, 404])
  await aDayLater()
  const bytesOf = (text: string) =>
    filesOnDisk().then((names) => names.includes(createHash('sha256').update(text).digest('hex')))
  expect(
    await Promise.all(
      ['nobody names this', 'a record names this', 'taken off', 'its record is gone'].map(bytesOf),
    ),
  ).toEqual([false, true, false, false])
  const { rows } = await hub.hub.db.pool.query<{ action: string; actor: string }>(
    `select distinct action, actor from audit_entry where entity = 'attachment' and entity_id = $1 order by action`,
    [unnamed.id],
  )
  expect(rows.map(({ action }) => action)).toEqual(['attachment.remove', 'attachment.upload'])
})

test('bytes that nothing names are not swept away under somebody who keeps them again', async () => {
  const first = (await upload(agent, 'a.txt', 'kept again')).body
  await hub.hub.db.pool.query('delete from attachment where id = $1', [first.id])
  await hub.hub.db.pool.query(`update stored_file set check_due = now() - interval '1 minute'`)
  const again = (await upload(agent, 'a.txt', 'kept again')).body
  await sweepAttachments(hub.hub, new AbortController().signal)
  expect((await content(agent, again.id)).body).toBe('kept again')
})

test('every column that names a file refers to it, so that nothing is removed that a row still needs', async () => {
  const { rows } = await hub.hub.db.pool.query<{ column: string }>(
    `select c.table_name || '.' || c.column_name as column from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
       and c.column_name ~ '(file|photo|picture|image|small|medium)_(hash|sha256)$'
       and not exists (select from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
         where k.contype = 'f' and k.confrelid = 'stored_file'::regclass and a.attname = c.column_name
           and k.conrelid = format('public.%I', c.table_name)::regclass)`,
  )
  expect(rows).toEqual([])
})
