import { registerEvents } from '../webhooks/index.ts'

export const PROCESS_FINISHED = 'process.finished'

registerEvents({ zh: '流程', en: 'Processes' }, [
  {
    type: PROCESS_FINISHED,
    label: { zh: '流程已结束', en: 'Process finished' },
    description: {
      zh: '流程编号、流程名、结果（approved、refused、withdrawn、cancelled）、所关联的记录',
      en: 'Id and definition of the process, outcome (approved, refused, withdrawn, cancelled), the record that it is about',
    },
    permission: 'workflow.read',
  },
])
