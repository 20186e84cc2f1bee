/** The plain request: somebody asks for something, perhaps with an amount. It is nothing but its process. */
import { processField, registerProcessSubject } from '../../platform/workflow/subjects.ts'
import { builtinDefinitions } from './domain/builtin-definitions.ts'

export const REQUEST = 'request'

registerProcessSubject({
  kind: REQUEST,
  label: { zh: '申请', en: 'Request' },
  fields: [
    processField({ name: 'text', label: { zh: '说明', en: 'What for' }, kind: 'longText' }),
    processField({
      name: 'amount',
      label: { zh: '金额', en: 'Amount' },
      kind: 'decimal',
      unit: '元',
      scale: 2,
    }),
  ],
  definitions: builtinDefinitions,
  link: () => null,
})
