/** Sources over what there is today; set-based statements over tables of other modules (ADR 9). */
import {
  registerReminderSource,
  type ReminderRecord,
  type ReminderScope,
} from '../../platform/reminders/source.ts'
import type { Pool } from 'pg'

/** `$1` the project, `$2` its time zone, `$3` the last day; each has to be named, a value that is not is refused. */
const LOCAL = (instant: string) => `(${instant} at time zone $2)::date`

function from(sql: string) {
  return async (pool: Pool, { projectId, timeZone, untilDay }: ReminderScope): Promise<ReminderRecord[]> => {
    const { rows } = await pool.query<ReminderRecord>(sql, [projectId, timeZone, untilDay])
    return rows
  }
}

registerReminderSource({
  key: 'gateway.certificate',
  label: { zh: '网关证书到期', en: 'Certificate of a gateway' },
  dateLabel: { zh: '到期', en: 'expires' },
  hasResponsible: false,
  // Gateways renew by themselves when a third of the time is left: what is due is one that could not
  rule: {
    stepsDays: [14, 3, 0],
    repeatDays: 7,
    roles: ['engineer'],
    escalateDays: 7,
    escalateRoles: ['manager'],
  },
  find: from(
    `select id, title, "dueOn"::text, '/gateways/' || id as link from (
       select distinct on (g.id) g.id::text, g.name as title, ${LOCAL('c.expires_at')} as "dueOn"
       from gateway g join issued_certificate c on c.subject = g.id::text and c.revoked_at is null
       where g.project_id = $1 and g.revoked_at is null order by g.id, c.expires_at desc) newest
     where "dueOn" <= $3::date`,
  ),
})

registerReminderSource({
  key: 'task.overdue',
  label: { zh: '流程任务到期', en: 'Task of a process' },
  dateLabel: { zh: '应办', en: 'due' },
  hasResponsible: true,
  rule: { stepsDays: [1, 0], repeatDays: 1, roles: [], escalateDays: 3, escalateRoles: ['manager'] },
  find: from(
    `select t.id::text, p.title, ${LOCAL('t.due_at')}::text as "dueOn", '/processes/' || p.id as link,
       array(select h.user_id::text from process_task_holder h where h.task_id = t.id) as "responsibleIds"
     from process_task t join process p on p.id = t.process_id
     where p.project_id = $1 and t.state = 'open' and t.due_at is not null and ${LOCAL('t.due_at')} <= $3::date`,
  ),
})

const mediums = {
  electricity: { zh: '电', en: 'Electricity' },
  water: { zh: '水', en: 'Water' },
  gas: { zh: '燃气', en: 'Gas' },
  heat: { zh: '热', en: 'Heat' },
}

registerReminderSource({
  key: 'usage.held',
  label: { zh: '待确认的抄表读数', en: 'Readings that wait to be decided' },
  dateLabel: { zh: '开始于', en: 'since' },
  hasResponsible: false,
  fields: { medium: { label: { zh: '类型', en: 'Medium' }, choices: mediums } },
  rule: {
    stepsDays: [0],
    repeatDays: 7,
    roles: ['billingClerk'],
    escalateDays: 14,
    escalateRoles: ['manager'],
  },
  find: from(
    `select mp.id::text, mp.name as title, ${LOCAL('min(h.from_at)')}::text as "dueOn", '/meters/' || mp.id as link,
       jsonb_build_object('medium', mp.medium) as values
     from held_interval h join metering_point mp on mp.id = h.metering_point_id
     where h.project_id = $1 group by mp.id having ${LOCAL('min(h.from_at)')} <= $3::date`,
  ),
})

registerReminderSource({
  key: 'meter.verification',
  label: { zh: '表计检定到期', en: 'Verification of a meter' },
  dateLabel: { zh: '到期', en: 'expires' },
  hasResponsible: false,
  fields: { medium: { label: { zh: '类型', en: 'Medium' }, choices: mediums } },
  rule: {
    stepsDays: [30, 7, 0],
    repeatDays: 7,
    roles: ['engineer'],
    escalateDays: 14,
    escalateRoles: ['manager'],
  },
  find: from(
    `select m.id::text, mp.name || ' · ' || m.serial as title, m.verified_until::text as "dueOn",
       '/meters/' || mp.id as link, jsonb_build_object('medium', mp.medium) as values
     from meter m join installation i on i.meter_id = m.id and i.to_at is null
       join metering_point mp on mp.id = i.metering_point_id
     where m.project_id = $1 and m.verified_until <= $3::date and $2::text is not null`,
  ),
})

registerReminderSource({
  key: 'handover.appointment',
  label: { zh: '交房预约', en: 'Appointment for a handover' },
  dateLabel: { zh: '预约', en: 'appointed for' },
  hasResponsible: false,
  rule: {
    stepsDays: [3, 1, 0],
    repeatDays: null,
    roles: ['serviceAgent'],
    escalateDays: null,
    escalateRoles: [],
  },
  find: from(
    `select h.id::text, b.name || ' ' || r.code as title, ${LOCAL('h.appointed_for')}::text as "dueOn",
       '/rooms/' || r.id as link
     from handover h join room r on r.id = h.room_id join building b on b.id = r.building_id
     where h.project_id = $1 and h.state = 'appointed' and h.archived_at is null
       and h.appointed_for is not null and ${LOCAL('h.appointed_for')} <= $3::date`,
  ),
})

registerReminderSource({
  key: 'fitOut.end',
  label: { zh: '装修到期', en: 'End of a fit-out' },
  dateLabel: { zh: '到期', en: 'ends' },
  hasResponsible: false,
  rule: {
    stepsDays: [7, 1, 0],
    repeatDays: 7,
    roles: ['serviceAgent'],
    escalateDays: 14,
    escalateRoles: ['manager'],
  },
  find: from(
    `select p.id::text, p.number || ' · ' || b.name || ' ' || r.code as title, p.ends_on::text as "dueOn",
       '/rooms/' || r.id as link
     from fit_out_permit p join room r on r.id = p.room_id join building b on b.id = r.building_id
     where p.project_id = $1 and p.state in ('approved', 'working') and p.archived_at is null
       and p.ends_on <= $3::date and $2::text is not null`,
  ),
})

registerReminderSource({
  key: 'defect.due',
  label: { zh: '整改到期', en: 'Defect to be put right' },
  dateLabel: { zh: '限期', en: 'due' },
  hasResponsible: false,
  rule: {
    stepsDays: [3, 0],
    repeatDays: 3,
    roles: ['engineer'],
    escalateDays: 7,
    escalateRoles: ['manager'],
  },
  find: from(
    `select d.id::text, b.name || ' ' || r.code || ' · ' || d.title as title, d.due_on::text as "dueOn",
       '/rooms/' || r.id as link
     from defect d join room r on r.id = d.room_id join building b on b.id = r.building_id
     where d.project_id = $1 and d.state in ('open', 'fixing') and d.archived_at is null and d.due_on <= $3::date and $2::text is not null`,
  ),
})
