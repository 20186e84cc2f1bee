/** A city of rooms and people: one project with half of them, ten with the rest. */
import type pg from 'pg'

export interface KitData {
  readonly largeProjectId: string
  readonly smallProjectId: string
  /** Three buildings of the large project. */
  readonly buildingIds: string[]
}

const surnames = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'
const given =
  '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华文玉建国志红梅鑫宇浩然子涵梓轩雨欣诗琪思远嘉怡'

/** Statements that fill the tables; the indexes of search are made afterwards, as a restore would. */
export async function makeKitData(pool: pg.Pool, size: { rooms: number; parties: number }): Promise<KitData> {
  const { rows: projects } = await pool.query<{ id: string }>(
    `INSERT INTO project (code, name, time_zone)
     SELECT 'kit-' || i, '云庭' || i || '期', 'Asia/Shanghai' FROM generate_series(0, 10) i RETURNING id`,
  )
  const ids = projects.map(({ id }) => id)
  await pool.query(
    `INSERT INTO building (project_id, code, name)
     SELECT ($1::uuid[])[p], i::text, i || '栋'
     FROM generate_series(1, 11) p, generate_series(1, CASE WHEN p = 1 THEN 200 ELSE 20 END) i`,
    [ids],
  )
  const indexes = await dropSearch(pool)
  await fillRooms(pool, size.rooms)
  await fillParties(pool, size.parties)
  for (const { indexdef } of indexes) await pool.query(indexdef)
  await pool.query('VACUUM ANALYZE room')
  await pool.query('VACUUM ANALYZE party')
  await pool.query('VACUUM ANALYZE party_role')
  const { rows: buildings } = await pool.query<{ id: string }>(
    `SELECT id FROM building WHERE project_id = $1 ORDER BY code LIMIT 3`,
    [ids[0]],
  )
  return { largeProjectId: ids[0]!, smallProjectId: ids[1]!, buildingIds: buildings.map(({ id }) => id) }
}

async function dropSearch(pool: pg.Pool): Promise<{ indexdef: string }[]> {
  const { rows } = await pool.query<{ indexname: string; indexdef: string }>(
    `SELECT indexname, indexdef FROM pg_indexes WHERE indexname IN ('room_search_idx', 'party_search_idx')`,
  )
  for (const { indexname } of rows) await pool.query(`DROP INDEX "${indexname}"`)
  return rows
}

async function fillRooms(pool: pg.Pool, rooms: number): Promise<void> {
  await pool.query(
    `INSERT INTO room (project_id, building_id, code, kind, floor, area_m2, delivery_state)
     SELECT b.project_id, b.id, (1 + i / 4)::text || '-' || (1 + i % 4), (ARRAY['flat','flat','flat','shop'])[1 + i % 4],
       1 + (i / 4) % 33, 60 + (i * 37) % 9000 / 100.0, (ARRAY['handedOver','handedOver','toHandOver','unsold'])[1 + (i * 7) % 4]
     FROM building b, generate_series(0, CASE WHEN (SELECT code FROM project WHERE id = b.project_id) = 'kit-0'
       THEN $1::int / 2 / 200 ELSE $1::int / 2 / 200 END - 1) i`,
    [rooms],
  )
}

/** Names as they are: few family names, two given names out of some thousands of pairs; every second one has a room. */
async function fillParties(pool: pg.Pool, parties: number): Promise<void> {
  await pool.query(
    `INSERT INTO party (project_id, name, phone, identity_kind, identity_number)
     SELECT p.id, substr($2, 1 + floor(power(random(), 2) * length($2))::int, 1)
       || substr($3, 1 + floor(random() * length($3))::int, 1) || substr($3, 1 + floor(random() * length($3))::int, 1),
       '1' || (ARRAY['38','39','50','86'])[1 + i % 4] || lpad(floor(random() * 100000000)::text, 8, '0'), 'idCard',
       '3101' || lpad(i::text, 14, '0')
     FROM (SELECT id, row_number() OVER (ORDER BY code) AS n FROM project WHERE code LIKE 'kit-%') p,
       generate_series(1, CASE WHEN p.n = 1 THEN $1::int / 2 ELSE $1::int / 20 END) i`,
    [parties, surnames, given],
  )
  await pool.query(
    `INSERT INTO party_role (project_id, building_id, room_id, party_id, role, from_at)
     SELECT r.project_id, r.building_id, r.id, p.id, 'family', '2020-01-01'
     FROM (SELECT id, project_id, building_id, row_number() OVER (PARTITION BY project_id) AS n FROM room) r
     JOIN (SELECT id, project_id, row_number() OVER (PARTITION BY project_id) AS n FROM party) p
       ON p.project_id = r.project_id AND p.n = r.n`,
  )
}
