import type pg from 'pg'
import type { BuildingSection, SectionRoom } from '@courtyard/protocols/contract'

type Client = Pick<pg.ClientBase, 'query'>

export type SectionHead = Omit<BuildingSection, 'rooms'>

/** Whatever its project. */
export async function sectionHead(client: Client, buildingId: string): Promise<SectionHead | null> {
  const { rows } = await client.query<SectionHead>(
    `select b.id, b.project_id as "projectId", b.code, b.name, b.kind,
       case when z.id is null then null else json_build_object('id', z.id, 'name', z.name) end as zone,
       coalesce((select json_agg(json_build_object('id', u.id, 'code', u.code, 'name', u.name)
           order by u.position, length(u.code), u.code)
         from unit u where u.building_id = b.id and u.archived_at is null), '[]') as units,
       coalesce((select array_agg(floor order by floor) from floor_plan p where p.building_id = b.id), '{}') as plans
     from building b left join zone z on z.id = b.zone_id where b.id = $1`,
    [buildingId],
  )
  return rows[0] ?? null
}

export type RoomRow = Pick<
  SectionRoom,
  'id' | 'code' | 'kind' | 'unitId' | 'floor' | 'areaM2' | 'deliveryState' | 'household' | 'owner'
>

export async function roomsOfBuilding(client: Client, buildingId: string): Promise<RoomRow[]> {
  const { rows } = await client.query<RoomRow>(
    `select r.id, r.code, r.kind, r.unit_id as "unitId", r.floor, trim_scale(r.area_m2)::text as "areaM2",
       r.delivery_state as "deliveryState",
       case when h.id is null then null
         else json_build_object('id', h.id, 'accountNumber', h.account_number, 'name', h.name) end as household,
       (select p.name from party_role pr join party p on p.id = pr.party_id
         where pr.room_id = r.id and pr.role = 'owner' and pr.to_at is null) as owner
     from room r left join household_room hr on hr.room_id = r.id and hr.to_at is null
       left join household h on h.id = hr.household_id
     where r.building_id = $1 and r.archived_at is null
     order by r.floor desc nulls last, length(r.code), r.code`,
    [buildingId],
  )
  return rows
}

export interface RoomAlarms {
  readonly roomId: string
  readonly devicesOffline: number
  readonly heldReadings: number
}

/** Devices behind the rooms' meters that are offline, and readings of theirs that wait for a person. */
export async function alarmsOfBuilding(client: Client, buildingId: string): Promise<RoomAlarms[]> {
  const { rows } = await client.query<RoomAlarms>(
    `select r.id as "roomId",
       count(distinct d.id) filter (where d.state = 'offline' and d.removed_at is null)::int as "devicesOffline",
       count(distinct h.id)::int as "heldReadings"
     from room r join metering_point mp on mp.room_id = r.id
       left join installation i on i.metering_point_id = mp.id and i.to_at is null left join meter m on m.id = i.meter_id
       left join point p on p.id = m.point_id left join device d on d.id = p.device_id
       left join held_interval h on h.metering_point_id = mp.id and h.reason = 'index_went_back'
     where r.building_id = $1 group by r.id
     having count(h.id) > 0 or count(*) filter (where d.state = 'offline') > 0`,
    [buildingId],
  )
  return rows
}
