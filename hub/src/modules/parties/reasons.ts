import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a change of hands is refused. */
export const partyReasons = registerReasons({
  'period.future': { zh: '时间不能在将来', en: 'This lies in the future' },
  'period.overlaps': {
    zh: '与已有记录的时间重叠：必须晚于上一次变更',
    en: 'This overlaps what is known: it has to be later than the last change',
  },
  'period.ended': { zh: '已经结束', en: 'It has ended already' },
  'period.before_begin': { zh: '结束时间必须晚于开始时间', en: 'It must end after it began' },
  'role.has_it': { zh: '此人已有该身份', en: 'This person has that role already' },
  'role.one_owner': {
    zh: '房间已有业主：其他产权人填“共有人”，换业主请办理过户',
    en: 'The room has an owner: enter others as co-owners, or use the change of owner',
  },
  'role.row_twice': { zh: '与第 {row} 行是同一人的同一身份', en: 'is the same person and role as row {row}' },
  'role.shares_over': {
    zh: '房间各产权人的份额合计 {sum}%，超过 100%',
    en: 'The owners of the room have {sum}% together, more than 100%',
  },
  'role.no_share': { zh: '只有业主和共有人有份额', en: 'Only owners and co-owners have a share' },
  'role.known_or_new': {
    zh: '已选在册人员，姓名、电话和证件请留空',
    en: 'A person on file is chosen: leave name, phone and document empty',
  },
  'role.from_needed': { zh: '已结束的身份要写起始时间', en: 'A role that has ended needs its beginning' },
  'party.other_name': {
    zh: '这个证件号码在册时是另一个姓名',
    en: 'This document is on file under another name',
  },
  'account.other': { zh: '房间现在的户号是 {account}', en: 'The account of the room is {account}' },
  'account.forbidden': {
    zh: '您的角色不能为房间设户号',
    en: 'Your role may not give the room an account',
  },
  'party.unknown': { zh: '项目里没有这个人', en: 'There is no such person in the project' },
  'party.archived': { zh: '此人档案已归档', en: 'The file of this person is put away' },
  'household.unknown': { zh: '项目里没有这个户号', en: 'There is no such account in the project' },
  'vehicle.period': { zh: '截止日必须晚于起始日', en: 'It must end after it began' },
  'vehicle.ended': { zh: '登记已结束', en: 'The registration has ended already' },
  'vehicle.no_parking_space': { zh: '所选房间不是车位', en: 'This is no parking space' },
  'key.no_holder': { zh: '请填写领用人', en: 'Say who gets them' },
})

export type PartyReason = ReasonOf<typeof partyReasons>
