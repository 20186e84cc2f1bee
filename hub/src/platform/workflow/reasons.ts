import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** What is wrong with a definition or with the fields of a process. */
export const workflowReasons = registerReasons({
  'workflow.no_start': { zh: '缺少开始步骤', en: 'There is no start' },
  'workflow.two_starts': { zh: '只能有一个开始步骤', en: 'There is more than one start' },
  'workflow.no_end': { zh: '缺少结束步骤', en: 'There is no end' },
  'workflow.key_twice': { zh: '步骤编号“{key}”重复', en: 'The key "{key}" is used twice' },
  'workflow.unknown_target': { zh: '通向不存在的步骤“{to}”', en: 'It leads to "{to}", which does not exist' },
  'workflow.to_start': { zh: '不能回到开始步骤，请另设一个修改步骤', en: 'It leads back to the start; make a step for corrections' },
  'workflow.to_itself': { zh: '不能通向自己', en: 'It leads to itself' },
  'workflow.unreachable': { zh: '从开始走不到这一步', en: 'It cannot be reached from the start' },
  'workflow.never_ends': { zh: '从这一步走不到结束', en: 'No end can be reached from here' },
  'workflow.automatic_loop': { zh: '自动步骤互相循环：{steps}', en: 'Steps without a person go round for ever: {steps}' },
  'workflow.signal_missing': { zh: '没有说明“{signal}”之后去哪里', en: 'It does not say where to go when "{signal}"' },
  'workflow.signal_foreign': { zh: '这种步骤没有“{signal}”这个结果', en: 'This kind of step has no "{signal}"' },
  'workflow.no_default': { zh: '“{signal}”的最后一条去向不能带条件，否则流程可能卡住', en: 'The last way for "{signal}" must have no condition, or the process could get stuck' },
  'workflow.after_default': { zh: '通向“{to}”的条件永远轮不到：前面已有无条件的去向', en: 'The way to "{to}" is never taken: one without a condition comes before it' },
  'workflow.no_candidates': { zh: '没有指定由谁办理', en: 'It does not say who does it' },
  'workflow.starter_alone': { zh: '只由发起人审批，又不许发起人审批', en: 'Only the starter is asked, who has no voice here' },
  'workflow.unknown_role': { zh: '没有角色“{role}”', en: 'There is no role "{role}"' },
  'workflow.unknown_person': { zh: '指定的人员已停用或不存在', en: 'A person named here is disabled or does not exist' },
  'workflow.unknown_field': { zh: '业务没有字段“{field}”', en: 'The subject has no field "{field}"' },
  'workflow.operator': { zh: '字段“{field}”不能用“{operator}”比较', en: '"{field}" cannot be compared with "{operator}"' },
  'workflow.value': { zh: '字段“{field}”不能与“{value}”比较', en: '"{field}" cannot be compared with "{value}"' },
  'workflow.unknown_action': { zh: '业务没有自动动作“{action}”', en: 'The subject has no action "{action}"' },
  'workflow.unknown_subject': { zh: '没有这种业务“{subject}”', en: 'There is no such subject "{subject}"' },
  'workflow.escalate_to_nobody': { zh: '超时升级没有指定给谁', en: 'A deadline hands on to nobody' },
  'workflow.working_time': { zh: '工作时间的开始必须早于结束', en: 'Working time must begin before it ends' },
  'workflow.field_missing': { zh: '必填', en: 'is needed' },
  'workflow.field_value': { zh: '格式不对', en: 'has the wrong form' },
  'workflow.field_closed': { zh: '这一步不能修改该字段', en: 'cannot be changed in this step' },
  'workflow.delegation_span': { zh: '结束必须晚于开始，最长一年', en: 'must end after it begins, within a year' },
  'workflow.delegation_self': { zh: '不能委托给自己', en: 'cannot be yourself' },
}) // prettier-ignore

export type WorkflowReason = ReasonOf<typeof workflowReasons>
