import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a project or a row of a room file is refused. */
export const estateReasons = registerReasons({
  'project.unknown_time_zone': {
    zh: '没有时区“{timeZone}”',
    en: '"{timeZone}" is not a known time zone',
  },
  'room.bad_area': { zh: '必须是平方米数，例如 89.5', en: 'must be square metres such as 89.5' },
  'room.twice': {
    zh: '第 {row} 行已有 {building} 楼栋的 {room} 房间',
    en: 'Building {building} has room {room} in row {row} already',
  },
  'room.no_account': { zh: '住户必须有户号', en: 'A household needs its account number' },
  'room.empty': { zh: '单元格不能为空', en: 'The cell is empty' },
  'room.other_kind': {
    zh: '同一户号在第 {row} 行的类型是 {said}',
    en: 'Row {row} says {said} for the same account',
  },
  'room.other_building_name': {
    zh: '同一楼栋在第 {row} 行的名称是“{said}”',
    en: 'Row {row} says "{said}" for the same building',
  },
  'room.other_household_name': {
    zh: '同一户号在第 {row} 行的名称是“{said}”',
    en: 'Row {row} says "{said}" for the same account',
  },
  'generation.unknown_placeholder': {
    zh: '编号规则不认识 {name}',
    en: 'The pattern does not know {name}',
  },
  'generation.no_numbers': { zh: '范围内没有任何编号', en: 'Nothing is left in this range' },
  'generation.too_many': {
    zh: '共 {rooms} 个房间，一次最多 {most} 个',
    en: '{rooms} rooms; at most {most} at once',
  },
  'generation.same_code': { zh: '编号“{said}”重复', en: 'The code "{said}" comes up twice' },
  'generation.same_number': {
    zh: '房号“{said}”重复：规则需要区分单元和楼层',
    en: 'The number "{said}" comes up twice: the pattern has to tell units and floors apart',
  },
  'generation.bad_number': {
    zh: '房号“{said}”为空或超过 40 个字符',
    en: 'The number "{said}" is empty or longer than 40 characters',
  },
  'room.no_ground_zero': {
    zh: '没有 0 层：地面层为 1，地下为 -1',
    en: 'There is no floor 0: ground is 1, below is -1',
  },
  'room.unit_elsewhere': { zh: '单元不属于这栋楼', en: 'The unit belongs to another building' },
  'plan.room_elsewhere': { zh: '房间不在这一层', en: 'The room is not on this floor' },
  'plan.room_twice': { zh: '同一房间画了两次', en: 'The room is drawn twice' },
})

export type EstateReason = ReasonOf<typeof estateReasons>
