import type { PortalBillDetail } from '@courtyard/protocols/contract'
import type { Viewer } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { findBill } from '../charging/index.ts'
import { isOwnBill, ownBills } from './bills.repository.ts'
import type { Place } from './domain/place.ts'
import { portalErrors } from './errors.ts'

/** A bill with all that it follows from. @throws AppError `bill.not_found`, also for the bill of somebody else */
export async function ownBill(hub: Hub, place: Place, billId: string): Promise<PortalBillDetail> {
  const { pool } = hub.db
  const notFound = () => fail(portalErrors.noBill, 'There is no such bill')
  if (!(await isOwnBill(pool, place, billId))) throw notFound()
  const [bill, listed] = await Promise.all([
    findBill(pool, readerOf(place), billId),
    ownBills(pool, place).then((bills) => bills.find(({ id }) => id === billId)),
  ])
  if (!bill || !listed) throw notFound()
  return {
    ...listed,
    period: bill.period,
    lines: bill.lines,
    segments: bill.segments,
    usedBeforeInYear: bill.usedBeforeInYear,
    tariff: { name: bill.tariff.name, versions: bill.tariff.versions.map((one) => ({ ...one, note: null })) },
    account: { number: bill.household.accountNumber, name: bill.household.name },
  }
}

/** Charging asks who reads; which bill it is was decided above. */
function readerOf({ id, project }: Place): Viewer {
  return {
    id,
    grants: [
      {
        permissions: new Set(['charging.read']),
        place: { all: false, projectIds: [project.id], buildings: [] },
        records: 'all',
        departmentIds: [],
      },
    ],
  }
}
