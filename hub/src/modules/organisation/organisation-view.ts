import type { Company, Department, Post } from '@courtyard/protocols/contract'
import { inTreeOrder } from './domain/tree.ts'
import {
  organisationRepository,
  type Client,
  type CompanyRow,
  type DepartmentRow,
  type PostRow,
} from './organisation.repository.ts'

export async function companiesOf(client: Client, rows: readonly CompanyRow[]): Promise<Company[]> {
  const leaders = await leadersOf(
    client,
    rows.flatMap(({ departments }) => departments),
  )
  return rows.map(({ id, code, name, version, departments }) => ({
    id,
    code,
    name,
    version,
    departments: inTreeOrder(departments).map((one) => departmentOf(one, leaders)),
  }))
}

export async function departmentsOf(client: Client, row: DepartmentRow): Promise<Department> {
  return departmentOf(row, await leadersOf(client, [row]))
}

async function leadersOf(
  client: Client,
  rows: readonly DepartmentRow[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.flatMap(({ leaderId }) => leaderId ?? []))]
  return ids.length === 0 ? new Map() : organisationRepository.names(client, ids)
}

function departmentOf(row: DepartmentRow, leaders: ReadonlyMap<string, string>): Department {
  const { id, companyId, parentId, name, position, leaderId, version } = row
  const leader = leaderId === null ? undefined : leaders.get(leaderId)
  return {
    id,
    companyId,
    parentId,
    name,
    position,
    version,
    leader: leader === undefined ? null : { id: leaderId!, displayName: leader },
    people: row._count.users,
    posts: row.posts.map(postOf),
  }
}

export function postOf({ id, departmentId, name, version, _count }: PostRow): Post {
  return { id, departmentId, name, version, people: _count.users }
}
