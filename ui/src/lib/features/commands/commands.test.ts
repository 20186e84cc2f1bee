import { describe, expect, it } from 'vitest'
import { CommandBody, cutsOff, type DeviceCommandView } from '@courtyard/protocols/contract'
import { cutsPeopleOff, isFinal, setpointFault, trackOf } from './command-rules.ts'
import { cellsOf, parsePeople, parsePlates } from './paste-list.ts'
import { newId } from '../../state/new-id.ts'

describe('cells of what was pasted', () => {
  it('takes tabs, commas with quotes, semicolons and the ends of lines of every system', () => {
    expect(cellsOf('a\tb,c\r\n1\t"x\ny"')).toEqual([
      ['a', 'b,c'],
      ['1', 'x\ny'],
    ])
    expect(cellsOf('\uFEFFa,"b ""c"", d"\r1,2')).toEqual([
      ['a', 'b "c", d'],
      ['1', '2'],
    ])
    expect(cellsOf('a;b')).toEqual([['a', 'b']])
    expect(cellsOf('一，二')).toEqual([['一', '二']])
  })
})

describe('people', () => {
  it('come with or without a head row, in any order under one', () => {
    const plain = parsePeople('1001,王小明,0012345678,1234\n\n1002,\n')
    expect(plain.issues).toEqual([{ row: 3, column: 'name', code: 'missing' }])
    const named = parsePeople('姓名\t工号\t卡号\n王小明\t1001\t12\nAda\t1002\t')
    expect(named.rows).toEqual([
      { id: '1001', name: '王小明', card: '12', present: true },
      { id: '1002', name: 'Ada', present: true },
    ])
  })
  it('names every wrong cell, and sends what the contract takes', () => {
    const bad = parsePeople(
      `id,name,card,pin,present\n,A,x,123456789,maybe\n7,${'长'.repeat(49)},,,\n8,B,,,\n8,B,,,`,
    )
    expect(bad.issues).toEqual([
      { row: 2, column: 'id', code: 'missing' },
      { row: 2, column: 'card', code: 'digits' },
      { row: 2, column: 'pin', code: 'digits' },
      { row: 2, column: 'present', code: 'present' },
      { row: 3, column: 'name', code: 'tooLong' },
      { row: 5, column: 'id', code: 'twice' },
    ])
    const gone = parsePeople('id,name,present\n9,,否')
    expect(gone).toMatchObject({ rows: [{ id: '9', name: '9', present: false }], issues: [] })
    expect(CommandBody.safeParse({ kind: 'people', people: gone.rows }).success).toBe(true)
  })
})

describe('plates', () => {
  it('are valid for whole days of the project', () => {
    const { rows, issues } = parsePlates(
      '沪a·12345,白名单,2026-01-01,2026年1月2日\n京B 77777,黑名单,,,',
      'Asia/Shanghai',
    )
    expect(issues).toEqual([])
    expect(rows).toEqual([
      {
        plate: '沪A12345',
        list: 'allow',
        present: true,
        fromMs: Date.parse('2025-12-31T16:00:00Z'),
        toMs: Date.parse('2026-01-02T15:59:59Z'),
      },
      { plate: '京B77777', list: 'block', present: true },
    ])
    expect(CommandBody.safeParse({ kind: 'plates', plates: rows }).success).toBe(true)
  })
  it('refuses days that are none and ends before the begin', () => {
    const { issues } = parsePlates(
      'A1,allow,2026-02-30,\nA2,allow,2026-02-02,2026-02-01\nA3,grey,,',
      'Asia/Shanghai',
    )
    expect(issues.map(({ row, column, code }) => [row, column, code])).toEqual([
      [1, 'from', 'day'],
      [2, 'to', 'day'],
      [3, 'list', 'list'],
    ])
  })
})

describe('rules', () => {
  it('agrees with the contract about what cuts people off', () => {
    const bodies: CommandBody[] = [
      { kind: 'relay', action: 'open' },
      { kind: 'relay', action: 'close' },
      { kind: 'valve', action: 'open' },
      { kind: 'valve', action: 'close' },
      { kind: 'door', action: 'open' },
      { kind: 'clock' },
    ]
    for (const body of bodies) expect(cutsPeopleOff(body)).toBe(cutsOff(body))
  })
  it('checks setpoints exactly', () => {
    const target = { scale: 1, range: ['-5', '30.5'] as [string, string] }
    expect(setpointFault('30.5', target)).toBeNull()
    expect(setpointFault('30.50', target)).toBeNull()
    expect(setpointFault('30.6', target)).toBe('range')
    expect(setpointFault('-5.1', target)).toBe('range')
    expect(setpointFault('-5', target)).toBeNull()
    expect(setpointFault('1.25', target)).toBe('decimals')
    expect(setpointFault('1e3', target)).toBe('number')
    expect(setpointFault('9007199254740993', {})).toBe('number')
    expect(setpointFault('900719925474099.3', { range: ['0', '900719925474099.2'] })).toBe('range')
  })
  it('shows how far a command came and how it ended', () => {
    const command = (state: DeviceCommandView['state'], ...steps: string[]) =>
      trackOf({
        state,
        sentAt: null,
        approvedBy: null,
        steps: steps.map((name) => ({ at: '', state: name, by: null, message: null })),
      })
        .map(({ state: name, reached }) => `${name}${reached ? '*' : ''}`)
        .join(' ')
    expect(command('queued', 'queued')).toBe('queued* sent confirmed')
    expect(command('awaitingApproval', 'awaitingApproval')).toBe('awaitingApproval* queued sent confirmed')
    expect(command('confirmed', 'queued', 'sent', 'confirmed')).toBe('queued* sent* confirmed*')
    expect(command('acknowledged', 'queued', 'sent', 'acknowledged')).toBe('queued* sent* acknowledged*')
    expect(command('expired', 'queued', 'expired')).toBe('queued* expired*')
    expect(command('rejected', 'awaitingApproval', 'rejected')).toBe('awaitingApproval* rejected*')
    expect(isFinal('sent')).toBe(false)
  })
  it('makes identities that the contract takes, each another one', () => {
    const ids = Array.from({ length: 100 }, newId)
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(100)
  })
})
