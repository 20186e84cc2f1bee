import type { PrismaClient } from '../../generated/prisma/client.ts'
import type { PrismaTransaction } from '../database/database.ts'

type Client = PrismaClient | PrismaTransaction

export interface NewSession {
  readonly id: Uint8Array<ArrayBuffer>
  readonly userId: string
  readonly csrfToken: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
}

export const sessionRepository = {
  insert: (client: Client, session: NewSession) => client.session.create({ data: session }),

  find: (client: Client, id: Uint8Array<ArrayBuffer>) =>
    client.session.findUnique({ where: { id }, include: { user: true } }),

  /** Gone already when the person signed out meanwhile: no error. */
  extend: (client: Client, id: Uint8Array<ArrayBuffer>, lastSeenAt: Date, expiresAt: Date) =>
    client.session.updateMany({ where: { id }, data: { lastSeenAt, expiresAt } }),

  remove: (client: Client, id: Uint8Array<ArrayBuffer>) => client.session.deleteMany({ where: { id } }),

  removeOfUser: (client: Client, userId: string, except?: Uint8Array<ArrayBuffer>) =>
    client.session.deleteMany({ where: { userId, ...(except ? { id: { not: except } } : {}) } }),

  removeExpired: (client: Client, now: Date) =>
    client.session.deleteMany({ where: { expiresAt: { lt: now } } }),
}
