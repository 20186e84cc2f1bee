/** What people are told of processes. */
import { registerMessageTemplate } from '../notify/index.ts'

const title = { label: { zh: '事项', en: 'What' }, example: { zh: '更换水泵', en: 'New pump' } }
const step = { label: { zh: '步骤', en: 'Step' }, example: { zh: '经理审批', en: 'Approval by the manager' } }
const starter = { label: { zh: '发起人', en: 'Started by' }, example: { zh: '李工', en: 'Li' } }
const by = { label: { zh: '办理人', en: 'By' }, example: { zh: '王经理', en: 'Wang' } }
/** Begins with a line break, or is empty. */
const comment = {
  label: { zh: '意见', en: 'Comment' },
  example: { zh: '\n王经理：请附报价单', en: '\nWang: please add the offer' },
}
const result = { label: { zh: '结果', en: 'Result' }, example: { zh: '同意', en: 'approved' } }

export const taskTemplate = registerMessageTemplate({
  key: 'workflow.task',
  label: { zh: '新的待办', en: 'A new task' },
  variables: { title, step, starter, comment },
  texts: {
    zh: { subject: '待办：{title}', body: '{starter}发起的“{title}”等待您办理：{step}。{comment}' },
    en: {
      subject: 'To do: {title}',
      body: '"{title}", started by {starter}, waits for you: {step}.{comment}',
    },
  },
  channels: [],
})

export const escalatedTemplate = registerMessageTemplate({
  key: 'workflow.escalated',
  label: { zh: '待办升级', en: 'A task was handed up' },
  variables: { title, step, starter, comment },
  texts: {
    zh: {
      subject: '升级给您：{title}',
      body: '{starter}发起的“{title}”在“{step}”超过时限无人办理，现由您决定。{comment}',
    },
    en: {
      subject: 'Handed up to you: {title}',
      body: 'Nobody answered "{title}", started by {starter}, in time ({step}): now you may decide.{comment}',
    },
  },
  channels: [],
})

export const overdueTemplate = registerMessageTemplate({
  key: 'workflow.overdue',
  label: { zh: '待办超时', en: 'A task is overdue' },
  variables: { title, step, starter, comment },
  texts: {
    zh: {
      subject: '已超时：{title}',
      body: '{starter}发起的“{title}”已超过时限，仍等待您办理：{step}。{comment}',
    },
    en: {
      subject: 'Overdue: {title}',
      body: '"{title}", started by {starter}, is overdue and still waits for you: {step}.{comment}',
    },
  },
  channels: [],
})

export const decidedTemplate = registerMessageTemplate({
  key: 'workflow.decided',
  label: { zh: '申请有了进展', en: 'A step was decided' },
  variables: { title, step, by, result, comment },
  texts: {
    zh: { subject: '{title}：{step}{result}', body: '{by}办理了“{title}”的“{step}”：{result}。{comment}' },
    en: {
      subject: '{title}: {step} {result}',
      body: '{by} answered "{step}" of "{title}": {result}.{comment}',
    },
  },
  channels: [],
})

export const finishedTemplate = registerMessageTemplate({
  key: 'workflow.finished',
  label: { zh: '申请已结束', en: 'A process is over' },
  variables: { title, result, comment },
  texts: {
    zh: { subject: '{title}：{result}', body: '您发起的“{title}”已结束：{result}。{comment}' },
    en: { subject: '{title}: {result}', body: '"{title}", which you started, is over: {result}.{comment}' },
  },
  channels: [],
})
