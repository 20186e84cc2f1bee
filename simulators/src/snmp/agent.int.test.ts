import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSnmpAgent, type RunningSnmpAgent } from './index.ts'

const run = promisify(execFile)
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/bin`, MIBS: '' }
const isInstalled = spawnSync('snmpwalk', ['-h'], { env }).error === undefined

// In CI its absence is a fault of the machine and has to show.
describe.skipIf(!isInstalled && !process.env['CI'])('read by Net-SNMP', () => {
  let agent: RunningSnmpAgent
  beforeEach(async () => {
    agent = await startSnmpAgent({
      community: 'rivendell',
      variables: [
        { oid: '1.3.6.1.2.1.1.1.0', syntax: 'octetString', value: 'boiler' },
        { oid: '1.3.6.1.2.1.1.2.0', syntax: 'oid', value: '1.3.6.1.4.1.99999.300.5' },
        { oid: '1.3.6.1.2.1.1.3.0', syntax: 'timeTicks', value: '360000' },
        { oid: '1.3.6.1.2.1.4.20.1.1.1', syntax: 'ipAddress', value: '10.0.0.5' },
        { oid: '1.3.6.1.4.1.99999.1', syntax: 'integer', value: '-129', isWritable: true },
        { oid: '1.3.6.1.4.1.99999.2', syntax: 'counter32', value: '4294967295' },
        { oid: '1.3.6.1.4.1.99999.10', syntax: 'counter64', value: '18446744073709551615' },
        { oid: '1.3.6.1.4.1.99999.11', syntax: 'gauge32', value: '128' },
      ],
    })
  })
  afterEach(() => agent.stop())
  const ask = async (program: string, version: string, ...args: string[]) => {
    const flags = ['-v', version, '-c', 'rivendell', '-On', '-r', '0', '-t', '1', `127.0.0.1:${agent.port}`]
    return (await run(program, [...flags, ...args], { env })).stdout.trim().split('\n')
  }
  const all = [
    '.1.3.6.1.2.1.1.1.0 = STRING: "boiler"',
    '.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999.300.5',
    '.1.3.6.1.2.1.1.3.0 = Timeticks: (360000) 1:00:00.00',
    '.1.3.6.1.2.1.4.20.1.1.1 = IpAddress: 10.0.0.5',
    '.1.3.6.1.4.1.99999.1 = INTEGER: -129',
    '.1.3.6.1.4.1.99999.2 = Counter32: 4294967295',
    '.1.3.6.1.4.1.99999.10 = Counter64: 18446744073709551615',
    '.1.3.6.1.4.1.99999.11 = Gauge32: 128',
  ]

  test('walked one by one and in bulk', async () => {
    expect((await ask('snmpwalk', '2c', '1.3')).slice(0, 8)).toEqual(all)
    expect((await ask('snmpbulkwalk', '2c', '1.3')).slice(0, 8)).toEqual(all)
    expect((await ask('snmpwalk', '1', '1.3.6.1.2')).slice(0, 4)).toEqual(all.slice(0, 4))
  })

  test('what is not there is told in the words of each version', async () => {
    expect(await ask('snmpget', '2c', '1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.88888.1.1')).toEqual([
      all[4],
      '.1.3.6.1.4.1.88888.1.1 = No Such Object available on this agent at this OID',
    ])
    await expect(ask('snmpget', '1', '1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.88888.1.1')).rejects.toThrow(
      /noSuchName/,
    )
  })

  test('set', async () => {
    expect(await ask('snmpset', '2c', '1.3.6.1.4.1.99999.1', 'i', '300')).toEqual([
      '.1.3.6.1.4.1.99999.1 = INTEGER: 300',
    ])
    expect(agent.currentValue('1.3.6.1.4.1.99999.1')).toBe('300')
    await expect(ask('snmpset', '2c', '1.3.6.1.4.1.99999.11', 'u', '5')).rejects.toThrow(/notWritable/)
    await expect(ask('snmpset', '2c', '1.3.6.1.4.1.99999.1', 's', 'x')).rejects.toThrow(/wrongType/)
    expect(agent.sets).toEqual(['1.3.6.1.4.1.99999.1=300'])
  })
})
