import { expect, it } from 'vitest'
import { ProcessContent } from '@courtyard/protocols/contract'
import { builtinRoleCodes } from '../../../platform/auth/builtin-roles.ts'
import { checkDefinition } from '../../../platform/workflow/engine/definition-check.ts'
import { processSubject } from '../../../platform/workflow/subjects.ts'
import { builtinDefinitions } from './builtin-definitions.ts'
import '../request.subject.ts'

it.each(Object.entries(builtinDefinitions))('%s can run as it comes', (_, content) => {
  const { fields } = processSubject(content.subject)!
  const around = {
    subject: { fields, actions: [] },
    roles: new Set<string>(builtinRoleCodes),
    people: new Set<string>(),
  }
  expect(ProcessContent.parse(content)).toEqual(content)
  expect(checkDefinition(content, around)).toEqual([])
})
