import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { finalCommandSteps, type CommandReport } from '@courtyard/protocols/contract'
import { AgentProcess, writeSite } from '../../../edge/src/testing/agent-process.ts'
import { HubPeer } from '../../../edge/src/testing/hub-peer.ts'
import { until } from '../../support/processes.ts'
import { seededRandom } from '../../support/random.ts'
import { CountingUnit } from './counting-unit.ts'

export interface CommandFaultResult {
  rounds: number
  /** Agents killed at their moment; in the other rounds the moment did not come. */
  killed: number
  confirmed: number
  /** Failed, and said to be uncertain. */
  uncertain: number
  /** Commands whose write reached the device more than once. */
  twice: number
  /** Final steps that contradict what reached the device. */
  wrong: number
  /** Commands whose final step never came. */
  unanswered: number
  seconds: number
}

/** Where the agent is killed: between every two steps of a command. */
export const moments = [
  'sent',
  'received',
  'executing',
  'onTheWire',
  'noReply',
  'replied',
  'readBack',
  'final',
  'random',
] as const
export type Moment = (typeof moments)[number]

/** The hub sends a command again until the gateway reports it; here sooner than in life. */
const SEND_AGAIN_MS = 1_500
const EXPIRES_MS = 120_000
const ANSWER_WITHIN_MS = 40_000
const FIRST_REGISTER = 10_000

interface Scene {
  readonly hub: HubPeer
  readonly unit: CountingUnit
  readonly site: string
  readonly random: () => number
  agent: AgentProcess
}

/** Kills the real agent with SIGKILL at every step of a command, starts it again, and reckons up what happened. */
export async function runCommandFaults(
  rounds: number,
  seed: number,
  say: (text: string) => void,
  only: readonly Moment[] = moments,
): Promise<CommandFaultResult> {
  const began = Date.now()
  const folder = await mkdtemp(join(tmpdir(), 'courtyard-commands-'))
  const hub = await HubPeer.start()
  const unit = await CountingUnit.start()
  const meter = { key: 'm1', endpoint: 'bus', port: unit.port, unitId: 1, profile: 'eastron-sdm630' }
  const site = writeSite({
    folder,
    meters: [meter],
    hubUrl: `http://127.0.0.1:${hub.httpPort}`,
    enrolmentToken: hub.token,
  })
  const agent = await AgentProcess.start(site)
  const scene: Scene = { hub, unit, site, random: seededRandom(seed), agent }
  const result = { rounds, killed: 0, confirmed: 0, uncertain: 0, twice: 0, wrong: 0, unanswered: 0, seconds: 0 } // prettier-ignore
  try {
    for (let round = 0; round < rounds; round++) {
      await playRound(scene, round, only[round % only.length]!, result, say)
    }
  } finally {
    await scene.agent.end('SIGKILL')
    await unit.stop()
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...result, seconds: Math.round((Date.now() - began) / 1000) }
}

async function playRound(
  scene: Scene,
  round: number,
  moment: Moment,
  result: CommandFaultResult,
  say: (text: string) => void,
): Promise<void> {
  const { hub, unit } = scene
  await until('connection', 20_000, async () => (await scene.agent.state()).uplink.connected)
  const register = FIRST_REGISTER + round
  const id = randomUUID()
  const killed = armed(scene, moment, id, register)
  const sending = sendUntilReported(scene, id, register, round)
  if (await killed) {
    result.killed += 1
    await scene.agent.end('SIGKILL')
    await delay(scene.random() * 300)
    scene.agent = await AgentProcess.start(scene.site)
  }
  await sending
  const final = await finalReport(hub, id).catch(() => null)
  const writes = unit.writes.get(register) ?? 0
  if (!final) result.unanswered += 1
  else reckon(final, writes, result)
  say(`round ${round + 1}: ${moment}: ${final?.step ?? 'no answer'}${final?.uncertain ? ' (uncertain)' : ''}, written ${writes}×${final?.message ? `: ${final.message}` : ''}`) // prettier-ignore
}

function reckon({ step, uncertain }: CommandReport, writes: number, result: CommandFaultResult): void {
  if (writes > 1) result.twice += 1
  if (step === 'confirmed') result.confirmed += 1
  if (uncertain) result.uncertain += 1
  const done = step === 'confirmed' || step === 'acknowledged'
  if (done && writes !== 1) result.wrong += 1
  // A failure that is certain says that nothing reached the device.
  if (!done && !uncertain && writes > 0) result.wrong += 1
}

/** Resolves with true once the agent was killed at its moment, with false when the moment did not come. */
function armed(scene: Scene, moment: Moment, id: string, register: number): Promise<boolean> {
  const { hub, unit } = scene
  return new Promise((resolve) => {
    let over = false
    const end = (killed: boolean) => {
      if (over) return
      over = true
      clearTimeout(timer)
      hub.onUp = () => {}
      unit.hooks = { onWrite: () => true, onReplied: () => {}, onRead: () => {} }
      resolve(killed)
    }
    const kill = () => {
      if (over) return
      scene.agent.signal('SIGKILL')
      end(true)
    }
    const timer = setTimeout(() => end(false), 10_000)
    const at = (...names: Moment[]) => names.includes(moment)
    hub.onUp = (kind, json) => {
      if (kind !== 'command') return
      const { id: about, step } = json as CommandReport
      if (about !== id) return
      if (at('received', 'executing') && step === moment) kill()
      if (!finalCommandSteps.includes(step)) return
      if (at('final')) kill()
      else setImmediate(() => end(false))
    }
    unit.hooks = {
      onWrite: (address) => {
        if (address === register && at('onTheWire', 'noReply')) kill()
        return !(address === register && at('noReply'))
      },
      onReplied: (address) => address === register && at('replied') && kill(),
      onRead: (address) => address === register && at('readBack') && kill(),
    }
    if (at('sent')) setImmediate(kill)
    if (at('random')) setTimeout(kill, scene.random() * 60)
  })
}

/** As the hub does: again and again until any report of it has come. */
async function sendUntilReported({ hub }: Scene, id: string, register: number, value: number): Promise<void> {
  const expiresAtMs = Date.now() + EXPIRES_MS
  const body = { kind: 'write', data: { function: 6, address: register, values: [(value % 60_000) + 1] } }
  const reported = () => hub.received<CommandReport>('command').some((report) => report.id === id)
  while (!reported() && Date.now() < expiresAtMs) {
    await hub.sendDown('commandDown', { id, device: 'm1', target: 'write', body, sentAtMs: Date.now(), expiresAtMs }) // prettier-ignore
    const againMs = Date.now() + SEND_AGAIN_MS
    while (!reported() && Date.now() < againMs) await delay(20)
  }
}

function finalReport(hub: HubPeer, id: string): Promise<CommandReport> {
  return until('final step', ANSWER_WITHIN_MS, () =>
    hub.received<CommandReport>('command').find((report) => report.id === id && finalCommandSteps.includes(report.step)),
  ) // prettier-ignore
}
