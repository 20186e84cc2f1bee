/** Commands to devices: asked for, approved, sent, and what came of them. */
import { Counter, Gauge } from 'prom-client'
import { hubMetrics } from '../../platform/http/metrics.ts'
import type { Hub, HubModule, Stop } from '../../platform/module.ts'
import { takeMessages } from '../gateways/index.ts'
import { addCommandRoutes } from './commands.routes.ts'
import { openByState } from './dispatch.repository.ts'
import { Dispatcher } from './dispatcher.ts'
import { CommandReports } from './reports.service.ts'
import './permissions.ts'
import './reasons.ts'
import './webhook-events.ts'

export const commandsModule: HubModule = { name: 'commands', routes: addCommandRoutes, start }

async function start(hub: Hub): Promise<Stop | void> {
  const sends = hub.roles.has('ingest')
  if (!sends && !hub.roles.has('worker')) return
  const log = hub.log.child({ module: 'commands' })
  const dispatcher = new Dispatcher(hub, log, { sends })
  const reports = new CommandReports(hub, log)
  const ignoreReports = sends
    ? takeMessages(hub, 'command', (gatewayId, json) => reports.take(gatewayId, json))
    : () => undefined
  // Asked for, approved or ended, in whichever process: the next in line may go
  const ignoreLive = hub.live.subscribe((event) => {
    if (event === 'command') dispatcher.rouse()
  })
  addMetrics(hub, dispatcher, reports)
  dispatcher.start()
  return async () => {
    ignoreLive()
    ignoreReports()
    await dispatcher.stop()
  }
}

function addMetrics(hub: Hub, dispatcher: Dispatcher, reports: CommandReports): void {
  const registers = [hubMetrics(hub)]
  new Counter({
    name: 'courtyard_commands_sent_total',
    help: 'Commands handed to the broker by this process; again: those that the gateway had not told of',
    labelNames: ['again'],
    registers,
    collect() {
      this.reset()
      this.inc({ again: 'no' }, dispatcher.counters.sent)
      this.inc({ again: 'yes' }, dispatcher.counters.sentAgain)
    },
  })
  new Counter({
    name: 'courtyard_commands_finished_total',
    help: 'Commands that gateways told the outcome of to this process',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset()
      for (const [state, count] of Object.entries<number>(reports.counters)) this.inc({ state }, count)
    },
  })
  new Gauge({
    name: 'courtyard_commands_open',
    help: 'Commands of all processes that have not ended',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset()
      for (const { state, count } of await openByState(hub.db.pool)) this.set({ state }, count)
    },
  })
}
