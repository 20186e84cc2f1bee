/** What owners, tenants and their families see of their rooms. Sessions of their own: no staff session opens this. */
import * as z from 'zod'
import { Medium } from '../telemetry.ts'
import { BillDetail } from './charging.http.ts'
import { PartyRoleKind } from './parties.http.ts'
import { Day, DecimalText, Done, Id, Instant, Month, idParams, type RouteTable } from './route.ts'

const Phone = z
  .string()
  .trim()
  .max(30)
  .regex(/^\+?[\d\s()-]{5,29}$/)
const label = z.object({ zh: z.string(), en: z.string() })

/** A room together with what the person is to it: what is shown follows from both. */
export const PortalPlace = z.object({
  /** Of the role, or of the invitation. */
  id: Id,
  /** `invited`: a family member whom `invitedBy` lets in. */
  role: z.enum([...PartyRoleKind.options, 'invited']),
  invitedBy: z.string().nullable(),
  room: z.object({ id: Id, code: z.string(), kind: z.string(), areaM2: DecimalText.nullable() }),
  building: z.object({ id: Id, name: z.string() }),
  project: z.object({ id: Id, name: z.string(), timeZone: z.string() }),
  /** Nothing from before is shown. */
  since: Instant,
  sees: z.object({ bills: z.boolean(), energy: z.boolean() }),
  /** May invite family members. */
  invites: z.boolean(),
})
export type PortalPlace = z.infer<typeof PortalPlace>

export const PortalSession = z.object({
  name: z.string(),
  /** With the middle hidden. */
  phone: z.string(),
  csrfToken: z.string(),
  places: z.array(PortalPlace),
})
export type PortalSession = z.infer<typeof PortalSession>

export const PortalBill = z.object({
  id: Id,
  number: z.string().nullable(),
  month: Month,
  item: z.object({ code: z.string(), label, medium: Medium, unit: z.string() }),
  quantity: DecimalText,
  amount: DecimalText,
  estimated: z.boolean(),
  issuedAt: Instant.nullable(),
})
export type PortalBill = z.infer<typeof PortalBill>

export const PortalBillDetail = PortalBill.extend({
  period: BillDetail.shape.period,
  lines: BillDetail.shape.lines,
  segments: BillDetail.shape.segments,
  usedBeforeInYear: DecimalText.nullable(),
  tariff: z.object({ name: z.string(), versions: BillDetail.shape.tariff.shape.versions }),
  account: z.object({ number: z.string(), name: z.string() }),
})
export type PortalBillDetail = z.infer<typeof PortalBillDetail>

export const PortalAnnouncement = z.object({
  id: Id,
  title: z.string(),
  text: z.string(),
  important: z.boolean(),
  /** For one building only. */
  building: z.string().nullable(),
  from: Instant,
})
export type PortalAnnouncement = z.infer<typeof PortalAnnouncement>

export const PortalMessage = z.object({
  id: Id,
  subject: z.string(),
  body: z.string(),
  project: z.string().nullable(),
  createdAt: Instant,
  readAt: Instant.nullable(),
})
export type PortalMessage = z.infer<typeof PortalMessage>

export const OfficeContactCard = z.object({
  name: z.string(),
  telephone: z.string(),
  hours: z.string().nullable(),
  address: z.string().nullable(),
})

const MediumMonth = z.object({
  medium: Medium,
  unit: z.string(),
  lastMonth: DecimalText.nullable(),
  /** Null also when not all of its days are known, or the person was not here yet. */
  monthBefore: DecimalText.nullable(),
  /** Of the running month, up to now. */
  thisMonth: DecimalText.nullable(),
})

export const PortalHome = z.object({
  /** Null for who may not see bills. Payments are not recorded yet: the sum of all bills shown. */
  bills: z.object({ count: z.number().int(), amount: DecimalText, latest: PortalBill.nullable() }).nullable(),
  /** Last calendar month; empty for who may not see energy. */
  month: Month,
  usage: z.array(MediumMonth),
  announcements: z.array(PortalAnnouncement),
  unreadMessages: z.number().int(),
  office: OfficeContactCard.nullable(),
})
export type PortalHome = z.infer<typeof PortalHome>

/** `part`: some of it is not known; `none`: nothing is (yet). */
const BarState = z.enum(['measured', 'estimated', 'part', 'none'])
export const PortalUsageBar = z.object({
  /** Day or month. */
  at: z.string(),
  usage: DecimalText.nullable(),
  state: BarState,
})
export const PortalUsage = z.object({
  medium: Medium,
  unit: z.string(),
  granularity: z.enum(['day', 'month']),
  bars: z.array(PortalUsageBar),
  /** One period earlier, and the same a year earlier; aligned by position. */
  previous: z.array(DecimalText.nullable()),
  lastYear: z.array(DecimalText.nullable()),
  total: DecimalText,
  /** Sum of that part of the period before that has bars here too; null when nothing is known. */
  previousTotal: DecimalText.nullable(),
  lastYearTotal: DecimalText.nullable(),
  /** First day that is shown to this person. */
  firstDay: Day,
})
export type PortalUsage = z.infer<typeof PortalUsage>

export const PortalFamilyMember = z.object({
  id: Id,
  name: z.string(),
  phone: z.string(),
  sees: z.object({ bills: z.boolean(), energy: z.boolean() }),
  since: Instant,
})
export type PortalFamilyMember = z.infer<typeof PortalFamilyMember>

export const portalRoutes = {
  'POST /api/portal/codes': {
    summary: 'Send a code to a phone; the answer is the same whether it is on file or not',
    body: z.object({ phone: Phone }),
    response: z.object({ validSeconds: z.number().int(), againSeconds: z.number().int() }),
  },
  'POST /api/portal/sign-in': {
    summary: 'Sign in with the code',
    body: z.object({
      phone: Phone,
      code: z
        .string()
        .trim()
        .regex(/^\d{6}$/),
    }),
    response: PortalSession,
  },
  'GET /api/portal/session': { summary: 'Who I am and my rooms', response: PortalSession },
  'POST /api/portal/sign-out': { summary: 'Sign out', response: Done },
  'POST /api/portal/sign-out-everywhere': { summary: 'Sign out on all devices', response: Done },
  'GET /api/portal/places/:id/home': {
    summary: 'What there is to know of a room',
    params: idParams,
    response: PortalHome,
  },
  'GET /api/portal/places/:id/bills': {
    summary: 'Bills of my time in the room, newest first',
    params: idParams,
    response: z.array(PortalBill),
  },
  'GET /api/portal/places/:id/bills/:billId': {
    summary: 'A bill down to the readings',
    params: z.object({ id: Id, billId: Id }),
    response: PortalBillDetail,
  },
  'GET /api/portal/places/:id/usage': {
    summary: 'Use by day of a month (`2026-11`) or by month of a year (`2026`)',
    params: idParams,
    query: z.object({ medium: Medium, period: z.string().regex(/^\d{4}(-(0[1-9]|1[0-2]))?$/) }),
    response: PortalUsage,
  },
  'GET /api/portal/places/:id/announcements': {
    summary: 'What the office tells now',
    params: idParams,
    response: z.array(PortalAnnouncement),
  },
  'GET /api/portal/places/:id/family': {
    summary: 'Whom I let look at this room',
    params: idParams,
    response: z.array(PortalFamilyMember),
  },
  'POST /api/portal/places/:id/family': {
    summary: 'Let somebody look at this room',
    params: idParams,
    body: z.object({
      phone: Phone,
      name: z.string().trim().min(1).max(40),
      sees: z
        .object({ bills: z.boolean(), energy: z.boolean() })
        .refine(({ bills, energy }) => bills || energy),
    }),
    response: PortalFamilyMember,
  },
  'POST /api/portal/family/:id/end': {
    summary: 'Let somebody look no longer',
    params: idParams,
    response: Done,
  },
  'GET /api/portal/messages': {
    summary: 'Messages to me, newest first',
    response: z.array(PortalMessage),
  },
  'POST /api/portal/messages/:id/read': { summary: 'I have read it', params: idParams, response: Done },
} as const satisfies RouteTable
