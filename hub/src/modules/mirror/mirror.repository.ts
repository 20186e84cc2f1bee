import type { PoolClient } from 'pg'

/** What a point is, for the tags of its readings. */
export interface PointIdentity {
  readonly id: number
  readonly project: string
  readonly gateway: string
  readonly device: string
  readonly point: string
  readonly medium: string
  readonly unit: string
}

export async function identitiesOf(
  client: Pick<PoolClient, 'query'>,
  pointIds: readonly number[],
): Promise<PointIdentity[]> {
  const { rows } = await client.query<PointIdentity>(
    `select p.id, pr.code as project, g.name as gateway, d.key as device,
       substr(p.key, length(d.key) + 2) as point, d.medium, p.unit
     from point p join device d on d.id = p.device_id join gateway g on g.id = p.gateway_id
       join project pr on pr.id = d.project_id
     where p.id = any($1::int[])`,
    [pointIds],
  )
  return rows
}
