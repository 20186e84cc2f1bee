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
})

export type EstateReason = ReasonOf<typeof estateReasons>
