/** Bills, handover sheets and notices on paper, read back with a program that we did not write (PDF.js). */
import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { extractText, getDocumentProxy } from 'unpdf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrintContent, type PrintedDocument, type PrintedPage } from '@courtyard/protocols/contract'
import { manualClock } from '../../platform/clock.ts'
import { codePath } from '../../platform/print/code.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { moveIn, newParty, smallEstate, type SmallEstate } from '../parties/testing.ts'
import { portalClient } from '../portal/testing.ts'

/** Of PDF.js: the picture that is painted, its width and height. */
const OPS = { paintImageXObject: 85 }
const clock = manualClock('2026-07-02T04:00:00Z')
/** The least, the most, a minus, and a usual one. */
const AMOUNTS = ['0.01', '9007199254740.93', '-12.30', '1234567.50']
const NAMES = ['王小明', '欧阳䶮', 'Smith & Söhne <GmbH>', '{{ bill.amount }}']

let hub: TestHub
let clerk: TestClient
let estate: SmallEstate
let runId: string
const bills: { id: string; number: string; amount: string; name: string }[] = []

beforeAll(async () => {
  hub = await startTestHub({ clock, environment: { TRUST_PROXY: '1' } })
  clerk = await hub.as('administrator')
  estate = await smallEstate(hub)
  runId = await makeRun()
})
afterAll(() => hub.stop())

/** An issued run with a bill for each room, as a run leaves them. */
async function makeRun(): Promise<string> {
  const { projectId, rooms } = estate
  const { pool } = hub.hub.db
  const id = async (sql: string, ...values: unknown[]) =>
    (await pool.query<{ id: string }>(`${sql} returning id`, values)).rows[0]!.id
  const itemId = await id(
    `insert into charge_item (project_id, code, label_zh, label_en, medium, unit) values ($1, 'E', '电费', 'Electricity', 'electricity', 'kWh')`,
    projectId,
  )
  const tariffId = await id(
    `insert into tariff (project_id, code, name, unit) values ($1, 'T', '居民电价', 'kWh')`,
    projectId,
  )
  const run = await id(
    `insert into bill_run (project_id, item_id, month, status, created_by) values ($1, $2, '2026-06-01', 'issued', '王会计')`,
    projectId,
    itemId,
  )
  for (const [at, roomId] of [...rooms.values()].entries()) {
    const [name, amount] = [NAMES[at]!, AMOUNTS[at]!]
    const household = await moveIn(clerk, roomId, `A-${at}`, name)
    await pool.query(`update household_room set from_at = '2026-01-01T00:00:00Z' where household_id = $1`, [
      household,
    ])
    const bill = {
      id: billId(at),
      number: `WT-2026-00000${at + 1}`,
      amount,
      name,
    }
    bills.push(bill)
    const values = [bill.id, run, projectId, household, itemId, amount, tariffId]
    await pool.query(
      `insert into bill (id, run_id, project_id, household_id, item_id, month, status, quantity, amount, estimated, tariff_id, period_from, period_to)
       values ($1, $2, $3, $4, $5, '2026-06-01', 'draft', 1286.4, $6, true, $7, '2026-05-31T16:00:00Z', '2026-06-30T16:00:00Z')`,
      values,
    )
    await pool.query(
      `insert into bill_line (bill_id, sequence, quantity, unit_price, exact_amount, amount, tier_number, tariff_version_id)
       values ($1, 1, 1286.4, 0.48830001, $2, $2, null, gen_random_uuid())`,
      [bill.id, amount],
    )
    await pool.query(`insert into bill_evidence (bill_id, segments) values ($1, $2)`, [
      bill.id,
      JSON.stringify([segment]),
    ])
    await pool.query(`update bill set status = 'issued', issued_at = $2, number = $3 where id = $1`, [
      bill.id,
      clock.now(),
      bill.number,
    ])
  }
  return run
}

/** Ids ascend in a run. */
const billId = (at: number) => `01900000-0000-7000-8000-00000000000${at}`
const boundary = (at: string, index: string) => ({
  at,
  index,
  method: 'read',
  reads: [],
})
const segment = {
  meteringPointId: randomUUID(),
  meteringPointCode: 'E-1',
  meterId: randomUUID(),
  serial: '202600128834',
  from: boundary('2026-05-31T16:00:00Z', '10231.60'),
  to: boundary('2026-06-30T16:00:00Z', '11518.00'),
  multiplier: '1',
  rollovers: 0,
  modulus: null,
  usage: '1286.4',
  status: 'measured',
}

async function fetchPdf(url: string, headers = clerk.headers) {
  const answer = await hub.app.inject({
    url,
    headers: { 'accept-language': 'zh', ...headers },
  })
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    name: fileNameOf(answer),
    bytes: answer.rawPayload,
  }
}
const fileNameOf = ({ headers }: { headers: Record<string, unknown> }) => {
  const disposition = headers['content-disposition']
  return typeof disposition === 'string' ? decodeURIComponent(disposition.split("''")[1] ?? '') : ''
}

/** Text of each page, without spaces: what PDF.js puts between words is its guess. */
async function textsOf(bytes: Buffer): Promise<string[]> {
  const pdf = await getDocumentProxy(new Uint8Array(bytes))
  const { text } = await extractText(pdf, { mergePages: false })
  return text.map(tight)
}
const tight = (text: string) => text.replaceAll(/\s/g, '')
const textOfPages = (pages: readonly PrintedPage[]) =>
  pages.map(({ texts }) => tight(texts.map(({ text }) => text).join('')))
/** As stored: without separators and with the minus of machines. */
const plain = (text: string) => text.replaceAll(',', '').replaceAll('\u2212', '-')
const printed = (
  id: string,
  query: { paper?: 'a4' | 'roll80'; language?: 'zh' | 'en' } = {},
): Promise<PrintedDocument> => clerk.call('GET /api/bills/:id/print', { params: { id }, query })

describe('a bill', () => {
  it('says every amount digit by digit as it is stored', async () => {
    const texts = await textsOf((await fetchPdf(`/api/bill-runs/${runId}/pdf`)).bytes)
    for (const [at, bill] of bills.entries()) {
      const text = plain(texts[at]!)
      expect(text.split(bill.amount).length - 1).toBeGreaterThanOrEqual(3)
      const days = '2026年6月1日至2026年6月30日'
      for (const said of [bill.number, tight(bill.name), days, '0.48830001', '10231.60'])
        expect(text).toContain(said)
    }
  })

  it('is a file of its own that brings its font, with the signs that it uses', async () => {
    const { status, type, name, bytes } = await fetchPdf(`/api/bills/${bills[0]!.id}/pdf`)
    expect([status, type, name]).toEqual([200, 'application/pdf', 'WT-2026-000001 电费 王小明.pdf'])
    const raw = bytes.toString('latin1')
    expect(raw).toMatch(/\/BaseFont \/[A-Z]{6}\+NotoSansHans-Regular/)
    expect(raw.match(/\/FontFile3/g)).toHaveLength(2)
    expect(bytes.length).toBeLessThan(160_000)
  })

  it('reads the same on the screen as in the PDF, on every paper and in every language', async () => {
    for (const paper of ['a4', 'roll80'] as const) {
      for (const language of ['zh', 'en'] as const) {
        const { pages } = await printed(bills[1]!.id, { paper, language })
        const { bytes } = await fetchPdf(`/api/bills/${bills[1]!.id}/pdf?paper=${paper}&language=${language}`)
        expect(await textsOf(bytes)).toEqual(textOfPages(pages))
        const width = paper === 'a4' ? 595.28 : 226.77
        for (const page of pages) {
          expect(page.width).toBe(width)
          for (const { x, width: wide } of page.texts) {
            expect(x).toBeGreaterThan(0)
            expect(x + wide).toBeLessThan(width)
          }
        }
      }
    }
  })

  it('is not found by who may not see it', async () => {
    const stranger = await hub.as('billingClerk', [randomUUID()])
    expect((await fetchPdf(`/api/bills/${bills[0]!.id}/pdf`, stranger.headers)).status).toBe(404)
    expect(
      (
        await stranger.raw('GET /api/bills/:id/print', {
          params: { id: bills[0]!.id },
        })
      ).status,
    ).toBe(404)
    expect((await fetchPdf(`/api/bill-runs/${runId}/pdf`, stranger.headers)).status).toBe(404)
  })

  it('goes to its owner as he sees it in the portal, and to no neighbour', async () => {
    const [room, other] = [...estate.rooms.values()]
    const owner = await ownerOf(room!, '13800000001')
    const neighbour = await ownerOf(other!, '13800000002')
    const pdf = `/api/portal/places/${owner.session.places[0]!.id}/bills/${bills[0]!.id}/pdf`
    const { status, bytes } = await fetchPdf(pdf, owner.headers)
    expect(status).toBe(200)
    expect((await textsOf(bytes))[0]).toContain(bills[0]!.number)
    expect((await fetchPdf(pdf, neighbour.headers)).status).toBe(404)
    const his = `/api/portal/places/${neighbour.session.places[0]!.id}/bills/${bills[0]!.id}/pdf`
    expect((await fetchPdf(his, neighbour.headers)).status).toBe(404)
    expect((await fetchPdf(pdf)).status).toBe(401)
  })
})

async function ownerOf(roomId: string, phone: string) {
  const partyId = await newParty(hub, estate.projectId, '王小明', phone)
  const body = {
    partyId,
    role: 'owner' as const,
    from: '2026-01-01T00:00:00.000Z',
  }
  await clerk.call('POST /api/rooms/:id/roles', {
    params: { id: roomId },
    body,
  })
  clock.advance(61_000)
  return portalClient(hub, phone)
}

describe('a run', () => {
  it('is one file in the order of the numbers, tells how far it is, and is written down', async () => {
    const token = randomUUID()
    const told: number[] = []
    const end = hub.hub.live.subscribe((event, data) => {
      if (event === 'printing' && 'token' in data && data.token === token) told.push(data.done)
    })
    const { status, bytes } = await fetchPdf(`/api/bill-runs/${runId}/pdf?token=${token}`)
    end()
    expect(status).toBe(200)
    const texts = await textsOf(bytes)
    expect(texts.map((text) => /WT-2026-\d+/.exec(text)?.[0])).toEqual(bills.map(({ number }) => number))
    expect(told.at(-1)).toBe(4)
    // Its fonts stand in it once, whatever the number of bills
    expect(bytes.toString('latin1').match(/\/FontFile3/g)).toHaveLength(2)
    const { rows } = await hub.hub.db.pool.query(
      `select after from audit_entry where action = 'billRun.print'`,
    )
    expect(rows.at(-1)).toEqual({ after: { bills: 4, paper: 'a4' } })
  })

  it('is not printed before it is issued', async () => {
    await hub.hub.db.pool.query(`update bill_run set status = 'previewed' where id = $1`, [runId])
    const { status, bytes } = await fetchPdf(`/api/bill-runs/${runId}/pdf`)
    await hub.hub.db.pool.query(`update bill_run set status = 'issued' where id = $1`, [runId])
    expect([status, JSON.parse(bytes.toString()).error.code]).toEqual([409, 'bill_run.not_issued'])
  })
})

const slot = { paper: 'a4', language: 'zh' } as const
const title = (text: string): PrintContent => ({
  blocks: [{ kind: 'title', text, note: '', align: 'left', when: '' }],
  footer: '',
  watermark: '',
})
const change = (projectId: string | null, version: number, content: PrintContent | null, who = clerk) =>
  who.call('PUT /api/print-templates/:kind', {
    params: { kind: 'bill' },
    body: { ...slot, projectId, version, content },
  })

describe('templates', () => {
  it('of the project count before those of all projects; giving one up brings back what held before', async () => {
    const { projectId } = estate
    const firstText = async () => textOfPages((await printed(bills[0]!.id, { language: 'zh' })).pages)[0]
    const builtin = await firstText()
    await change(null, 0, title('通用 {{ bill.number }}'))
    expect(await firstText()).toBe('通用WT-2026-000001')
    const own = await change(projectId, 0, title('本项目 {{ household.name }}'))
    expect([own.source, own.version, own.inherited.blocks[0]]).toMatchObject([
      'project',
      1,
      { text: '通用 {{ bill.number }}' },
    ])
    expect(await firstText()).toBe('本项目王小明')
    const second = await change(projectId, 1, title('第二版'))
    // Restoring is saving what an old version says
    const restored = await change(projectId, 2, second.versions.find(({ version }) => version === 1)!.content)
    expect(restored.versions.map(({ version }) => version)).toEqual([3, 2, 1])
    expect(await firstText()).toBe('本项目王小明')
    await change(projectId, 3, null)
    expect(await firstText()).toBe('通用WT-2026-000001')
    await change(null, 1, null)
    expect(await firstText()).toBe(builtin)
    const summary = await clerk.call('GET /api/print-templates', {
      query: { projectId },
    })
    expect(new Set(summary.map(({ source }) => source))).toEqual(new Set(['builtin']))
  })

  it('two people at once: the second one is told', async () => {
    const attempts = await Promise.allSettled([change(null, 2, title('甲')), change(null, 2, title('乙'))])
    expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(change(null, 2, title('丙'))).rejects.toMatchObject({
      code: 'print.template_changed',
    })
    await change(null, 3, null)
  })

  it('with faults are shown place by place and not saved', async () => {
    const content: PrintContent = {
      ...title('{{ bill.nummer }}'),
      blocks: [
        ...title('{{ bill.nummer }}').blocks,
        {
          kind: 'table',
          list: 'nothing',
          columns: [{ label: '', value: '{{ row.x', align: 'left', share: 1, foot: '' }],
          size: 'normal',
          when: '',
        },
        { kind: 'line', when: 'bill.draft {' },
      ],
    }
    const body = { ...slot, content, recordId: null }
    const preview = await clerk.call('POST /api/print-templates/:kind/preview', {
      params: { kind: 'bill' },
      body,
    })
    expect(preview.pages).toEqual([])
    expect(preview.issues[0]!.reason).toBe('there is no field bill.nummer')
    expect(preview.issues.map(({ path }) => path)).toEqual([
      'blocks.0.text',
      'blocks.1.list',
      'blocks.1.columns.0.value',
      'blocks.2.when',
    ])
    await expect(change(null, 4, content)).rejects.toMatchObject({
      code: 'input.invalid',
    })
  })

  it('are tried out with a real record that the person may see', async () => {
    const preview = (who: TestClient, recordId: string | null) =>
      who.raw('POST /api/print-templates/:kind/preview', {
        params: { kind: 'bill' },
        body: { ...slot, content: title('{{ bill.amount }}'), recordId },
      })
    const answer = (await preview(clerk, bills[1]!.id)).body as {
      pages: PrintedPage[]
    }
    expect(textOfPages(answer.pages)).toEqual(['9007199254740.93'])
    const stranger = await hub.as('manager', [randomUUID()])
    expect((await preview(stranger, bills[1]!.id)).status).toBe(404)
    expect((await preview(stranger, null)).status).toBe(200)
    const records = await clerk.call('GET /api/print-templates/:kind/records', {
      params: { kind: 'bill' },
      query: { projectId: estate.projectId, q: '小明' },
    })
    expect(records).toEqual([{ id: bills[0]!.id, title: 'WT-2026-000001 王小明' }])
  })

  it('of all projects are changed by who keeps all of them', async () => {
    const local = await hub.as('manager', [estate.projectId])
    await expect(change(null, 4, title('x'), local)).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    await expect(change(randomUUID(), 0, title('x'), local)).rejects.toMatchObject({
      code: 'project.not_found',
    })
    const clerkOnly = await hub.as('billingClerk')
    await expect(change(null, 4, title('x'), clerkOnly)).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
  })

  it('that come with the program fill in without a fault, with examples on every paper', async () => {
    for (const kind of await clerk.call('GET /api/print-kinds')) {
      for (const paper of kind.papers) {
        for (const language of ['zh', 'en'] as const) {
          const params = { kind: kind.key }
          const { content } = await clerk.call('GET /api/print-templates/:kind', {
            params,
            query: { paper, language },
          })
          const body = { paper, language, content, recordId: null }
          const { pages, issues } = await clerk.call('POST /api/print-templates/:kind/preview', {
            params,
            body,
          })
          expect([kind.key, paper, language, pages.length, issues]).toEqual([
            kind.key,
            paper,
            language,
            1,
            [],
          ])
        }
      }
    }
  })
})

/** A seal that can be seen through. */
const seal = {
  create: {
    width: 1600,
    height: 800,
    channels: 4,
    background: { r: 200, g: 0, b: 0, alpha: 0.5 },
  },
} as const
const addPicture = async (projectId: string | null, name: string, who = clerk) => {
  const base64 = (await sharp(seal).png().toBuffer()).toString('base64')
  return who.call('POST /api/print-pictures', {
    body: { projectId, name, base64 },
  })
}
const withPicture = (pictureId: string, over = false): PrintContent =>
  PrintContent.parse({
    blocks: [
      { kind: 'picture', pictureId, widthMm: 40 },
      { kind: 'title', text: '账单 {{ bill.number }}' },
      { kind: 'code', text: 'https://pay.example.com/{{ bill.number }}?a={{ bill.amount }}', label: '扫码缴费' },
      ...(over ? [{ kind: 'text', text: '云庭物业', align: 'right' }, { kind: 'picture', pictureId, align: 'right', over }] : []),
    ],
  }) // prettier-ignore

describe('pictures and codes', () => {
  it('stand in the PDF where they stand on the screen; a run holds a picture once', async () => {
    const { projectId } = estate
    const { id, widthPx, heightPx } = await addPicture(projectId, '公司标志.png')
    expect([widthPx, heightPx]).toEqual([1200, 600])
    const before = (await detail(projectId)).version
    await change(projectId, before, withPicture(id, true))
    const [page] = (await printed(bills[0]!.id, { language: 'zh' })).pages
    const [logo, seal] = page!.pictures
    const mm = 72 / 25.4
    expect([logo!.width / mm, logo!.height / mm].map(Math.round)).toEqual([40, 20])
    // The title stands beside the logo, and the seal over the last text
    const title = page!.texts.find(({ text }) => text.startsWith('账单'))!
    expect(title.x).toBeGreaterThan(logo!.x + logo!.width)
    expect(title.y).toBeLessThan(logo!.y + logo!.height)
    const signed = page!.texts.find(({ text }) => text === '云庭物业')!
    expect(seal!.y).toBeLessThan(signed.y)
    expect(seal!.y + seal!.height).toBeGreaterThan(signed.y)
    expect(page!.codes[0]!.path).toBe(
      codePath(`https://pay.example.com/${bills[0]!.number}?a=${bills[0]!.amount}`)!.path,
    )

    const { bytes } = await fetchPdf(`/api/bills/${bills[0]!.id}/pdf?language=zh`)
    const pdf = await getDocumentProxy(new Uint8Array(bytes))
    const { fnArray, argsArray } = await (await pdf.getPage(1)).getOperatorList()
    const drawn = fnArray.flatMap((fn, at) =>
      fn === OPS.paintImageXObject ? [argsArray[at] as unknown[]] : [],
    )
    expect(drawn.map(([, width, height]) => [width, height])).toEqual([
      [1200, 600],
      [1200, 600],
    ])
    expect((await textsOf(bytes))[0]).toContain('扫码缴费')
    const run = (await fetchPdf(`/api/bill-runs/${runId}/pdf`)).bytes.toString('latin1')
    // The picture, and how far it can be seen through
    expect(run.match(/\/Subtype \/Image/g)).toHaveLength(2)
    await change(projectId, before + 1, null)
  })

  it('of another project, not chosen or removed are told before saving; one that is shown stays', async () => {
    const { projectId } = estate
    const other = await clerk.call('POST /api/projects', {
      body: { code: 'OTHER', name: '别处', timeZone: 'Asia/Shanghai' },
    })
    const mine = await addPicture(projectId, '章')
    const foreign = await addPicture(other.id, '别处的章')
    const { version } = await detail(projectId)
    for (const id of [foreign.id, '', randomUUID()]) {
      await expect(change(projectId, version, withPicture(id))).rejects.toMatchObject({
        code: 'input.invalid',
      })
    }
    const body = {
      ...slot,
      content: withPicture(''),
      recordId: null,
      projectId,
    }
    const { issues } = await clerk.call('POST /api/print-templates/:kind/preview', {
      params: { kind: 'bill' },
      body,
    })
    expect(issues.map(({ path }) => path)).toEqual(['blocks.0.pictureId'])

    const local = await hub.as('manager', [projectId])
    const names = async (who: TestClient) =>
      (await who.call('GET /api/print-pictures', { query: { projectId } })).map(({ name }) => name)
    expect(await names(local)).toContain('章')
    expect(await names(local)).not.toContain('别处的章')
    const content = { params: { id: foreign.id } }
    expect((await local.raw('GET /api/print-pictures/:id/content', content)).status).toBe(404)
    await expect(addPicture(null, '通用', local)).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    expect(
      (
        await clerk.raw('GET /api/print-pictures/:id/content', {
          params: { id: mine.id },
        })
      ).status,
    ).toBe(200)

    // The same bytes at the same place are the same picture, which an old version shows
    const used = { params: { id: mine.id } }
    await expect(clerk.call('DELETE /api/print-pictures/:id', used)).rejects.toMatchObject({
      code: 'print.picture_used',
    })
    await clerk.call('DELETE /api/print-pictures/:id', content)
    await expect(clerk.call('DELETE /api/print-pictures/:id', content)).rejects.toMatchObject({
      code: 'print.picture_not_found',
    })
  })
})

const detail = (projectId: string) =>
  clerk.call('GET /api/print-templates/:kind', {
    params: { kind: 'bill' },
    query: { ...slot, projectId },
  })

describe('other documents', () => {
  it('a notice of an announcement, and the sheet of a handover', async () => {
    const { projectId, buildingId } = estate
    const body = {
      projectId,
      title: '停水通知',
      text: '请提前储水。\n谢谢！',
      audience: 'building',
      buildingId,
      shownFrom: '2026-06-15T00:00:00.000Z',
    }
    const made = await hub.app.inject({
      method: 'POST',
      url: '/api/announcements',
      headers: clerk.headers,
      payload: body,
    })
    const notice = await clerk.call('GET /api/announcements/:id/print', {
      params: { id: made.json<{ id: string }>().id },
      query: { language: 'zh' },
    })
    expect(textOfPages(notice.pages)[0]).toContain(
      '停水通知致：1栋各位业主、住户请提前储水。谢谢！云庭2026年6月15日',
    )
    const batch = await clerk.call('POST /api/buildings/:id/handover-batches', {
      params: { id: buildingId },
      body: {
        name: '一期',
        notice: '',
        startsOn: '2026-07-01',
        endsOn: '2026-07-31',
        items: [{ area: '客厅', text: '墙面平整' }],
      },
    })
    const { bytes } = await fetchPdf(`/api/handovers/${batch.handovers[0]!.id}/pdf?language=zh`)
    const [sheet] = await textsOf(bytes)
    expect(sheet).toContain('房屋交接单')
    expect(sheet).toContain('客厅墙面平整')
    expect(sheet).toContain('业主签字')
  })
})
