import type { BillDetail, PortalBillDetail } from '@courtyard/protocols/contract'
import type { Viewer } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { findBill } from '../charging/index.ts'
import { isOwnBill, ownBills } from './bills.repository.ts'
import type { Place } from './domain/place.ts'
import { portalErrors } from './errors.ts'

/** A bill with all that it follows from. @throws AppError `bill.not_found`, also for the bill of somebody else */
export async function ownBill(hub: Hub, place: Place, billId: string): Promise<PortalBillDetail> {
  const [bill, listed] = await Promise.all([
    fullBill(hub, place, billId),
    ownBills(hub.db.pool, place).then((bills) => bills.find(({ id }) => id === billId)),
  ])
  if (!listed) throw notFound()
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

/** The same as the office has it, for paper. @throws AppError `bill.not_found`, also for the bill of somebody else */
export async function fullBill(hub: Hub, place: Place, billId: string): Promise<BillDetail> {
  const { pool } = hub.db
  if (!(await isOwnBill(pool, place, billId))) throw notFound()
  const bill = await findBill(pool, readerOf(place), billId)
  if (!bill) throw notFound()
  return bill
}

const notFound = () => fail(portalErrors.noBill, 'There is no such bill')

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
