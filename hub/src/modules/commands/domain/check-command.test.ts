import { describe, expect, it } from 'vitest'
import type { CatalogueCommand, CommandBody } from '@courtyard/protocols/contract'
import { checkCommand, priorityOf } from './check-command.ts'
import { contentText, isStorable, shortened, withoutPins } from './content.ts'

const label = { zh: '空调', en: 'Air' }
const targets: CatalogueCommand[] = [
  { key: 'relay', kind: 'relay', label, confirms: true },
  {
    key: 'setTemperature',
    kind: 'setpoint',
    label,
    confirms: true,
    unit: '°C',
    scale: 1,
    range: ['-5', '30.5'],
  },
  { key: 'anything', kind: 'setpoint', label, confirms: false },
  { key: 'raw', kind: 'write', label, confirms: false },
  { key: 'people', kind: 'people', label, confirms: false },
]
const faultOf = (target: string, body: CommandBody) => checkCommand(targets, { target, body })[0]
const setpoint = (value: string): CommandBody => ({ kind: 'setpoint', value })

describe('checkCommand', () => {
  it('knows what the device has', () => {
    expect(faultOf('relay', { kind: 'relay', action: 'open' })).toBeUndefined()
    expect(faultOf('valve', { kind: 'valve', action: 'open' })?.reason.code).toBe('command.target_unknown')
    expect(faultOf('relay', { kind: 'valve', action: 'open' })).toMatchObject({
      path: 'body.body.kind',
      reason: { code: 'command.other_kind', kind: 'relay', given: 'valve' },
    })
  })

  it.each(['-5', '-5.0', '30.5', '30.50', '0', '-0.1', '21.30'])('lets %s in, exactly', (value) => {
    expect(faultOf('setTemperature', setpoint(value))).toBeUndefined()
  })

  it.each([
    ['-5.1', 'command.out_of_range'],
    ['30.6', 'command.out_of_range'],
    ['999999999999999', 'command.out_of_range'],
    ['21.05', 'command.too_many_places'],
  ])('refuses %s', (value, code) => {
    expect(faultOf('setTemperature', setpoint(value))).toMatchObject({
      path: 'body.body.value',
      reason: { code },
    })
  })

  it('leaves a setpoint without limits to the device', () => {
    expect(faultOf('anything', setpoint('-123456789012345.123456789'))).toBeUndefined()
  })

  it('refuses what is too long, and what is there twice', () => {
    const data = { text: 'x'.repeat(70_000) }
    expect(faultOf('raw', { kind: 'write', data })?.reason.code).toBe('command.write_too_large')
    const person = { id: '7', name: 'A', present: true }
    expect(faultOf('people', { kind: 'people', people: [person, { ...person, name: 'B' }] })).toMatchObject({
      path: 'body.body.people.1',
      reason: { code: 'command.twice', key: '7' },
    })
  })

  it('puts people at a door before lists of people', () => {
    expect(priorityOf('door')).toBeLessThan(priorityOf('relay'))
    expect(priorityOf('relay')).toBeLessThan(priorityOf('people'))
  })
})

describe('content', () => {
  const content = { deviceId: 'd', target: 't', body: { kind: 'write', data: { a: 1, b: [{ c: 2, d: 3 }] } }, reason: 'r', expiresInSeconds: 60 } as const // prettier-ignore

  it('is the same in any order of keys, and another for any other value', () => {
    const turned = { ...content, body: { data: { b: [{ d: 3, c: 2 }], a: 1 }, kind: 'write' } } as const
    expect(contentText(turned)).toBe(contentText(content))
    expect(contentText({ ...content, body: { kind: 'write', data: { a: 1, b: [{ c: 2, d: 4 }] } } })).not.toBe(contentText(content)) // prettier-ignore
    expect(contentText({ ...content, expiresInSeconds: 61 })).not.toBe(contentText(content))
  })

  it('knows what PostgreSQL can keep', () => {
    expect(isStorable({ a: ['漢字', 1, null, true] })).toBe(true)
    expect(isStorable({ a: ['\0'] })).toBe(false)
    expect(isStorable({ 'a\0': 1 })).toBe(false)
    expect(isStorable('\ud800')).toBe(false)
  })

  it('shows no PIN, and the beginning of a long list', () => {
    const people = Array.from({ length: 30 }, (_, i) => ({
      id: `${i}`,
      name: 'N',
      pin: '1234',
      present: true,
    }))
    const shown = shortened(withoutPins({ kind: 'people', people }), 20)
    expect(JSON.stringify(shown)).not.toContain('1234')
    expect(shown).toMatchObject({ people: { length: 20 } })
  })
})
