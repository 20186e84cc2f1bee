import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { historySpan, lastMonth, localDay } from './calendar.ts'
import { HubClient } from './hub-client.ts'
import { endLeftovers, saveRun } from './leftovers.ts'
import { choosePorts, isPortFree, type DemoPorts } from './ports.ts'
import { programsOf, type Programs } from './programs.ts'
import type { DemoOptions } from './settings.ts'
import { SimulatorControl, type SimulatedSite } from './simulated-site.ts'
import { newPassword, StateFile } from './state.ts'
import { ensureStaff, signInAsAdmin } from './steps/accounts.ts'
import { issueBills } from './steps/bills.ts'
import { ensureItems, ensureTariffs, importAssignments } from './steps/charging.ts'
import { ensureProject, importMeters, importRooms } from './steps/estate.ts'
import { ensurePeople } from './steps/people.ts'
import { ensureGateway } from './steps/gateway.ts'
import { importHistory, waitForBacklog } from './steps/history.ts'
import { writeSiteFile } from './steps/site-file.ts'
import { Supervisor } from './supervisor.ts'
import { buildUi, isUiStale } from './ui-build.ts'
import { printSummary, say } from './words.ts'

const GATEWAY_NAME = '梧桐苑网关'
const QUARTER_MS = 900_000
/** Time for the hub to work off the backlog and the usage before the demo gives up on the bills. */
const BILLS_WITHIN_MS = 300_000

/** The demo from an empty folder to issued bills; each step looks at what is there and does only the rest. */
export class Demo {
  private readonly options: DemoOptions
  private readonly supervisor: Supervisor
  private readonly stopped = new AbortController()
  private readonly beganMs = Date.now()
  private setupToken: string | null = null
  /** True once the product works without the demo's further steps. */
  serving = false

  constructor(options: DemoOptions, onGivenUp: () => void) {
    this.options = options
    this.supervisor = new Supervisor({
      cwd: options.root,
      logFolder: join(options.dataFolder, 'logs'),
      say,
      onGivenUp,
      onPids: (pids) => saveRun(options.dataFolder, pids),
    })
  }

  async run(): Promise<void> {
    const { options } = this
    const state = await this.openState()
    for (const name of await endLeftovers(options.dataFolder)) {
      say(`已结束上次遗留的 ${name}`, `ended ${name}, left over from before`)
    }
    if (!(await isPortFree(options.port)))
      throw new Error(`port ${options.port} is taken; set PORT to another`)
    const ports = await choosePorts(options.port, state.value.ports)
    await state.save({ ports })
    await this.buildConsole()
    const programs = programsOf({ ...options, seed: state.value.seed }, ports, (line) =>
      this.lookForToken(line),
    )
    await Promise.all([
      this.supervisor.start(programs.simulator, 20_000),
      this.supervisor.start(programs.hub, 60_000),
    ])
    say(`模拟小区与平台已启动`, `simulated site and hub are up`, this.seconds())
    await this.prepare(state, ports, programs)
  }

  /** Ends all programs in order, within eight seconds. */
  async stop(): Promise<void> {
    this.stopped.abort()
    await this.supervisor.stop([
      { names: ['edge'], graceMs: 3_000 },
      { names: ['hub', 'simulator', 'console'], graceMs: 4_500 },
    ])
  }

  kill(): void {
    this.supervisor.killAll()
  }

  private async openState(): Promise<StateFile> {
    const { fromMs, toMs } = historySpan(this.beganMs, this.options.historyDays)
    return StateFile.open(this.options.dataFolder, () => ({
      seed: this.options.seed,
      stepMinutes: this.options.stepMinutes,
      password: newPassword(),
      ports: {},
      history: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
      billMonth: lastMonth(this.beganMs).month,
      done: [],
    }))
  }

  private async buildConsole(): Promise<void> {
    if (this.options.dev || !(await isUiStale(this.options.root))) return
    say('正在构建界面', 'building the console')
    const log = join(this.options.dataFolder, 'logs/console-build.log')
    if (await buildUi(this.options.root, log)) return
    say(`界面构建失败，见 ${log}`, `the console could not be built, see ${log}`)
  }

  private async prepare(state: StateFile, ports: DemoPorts, programs: Programs): Promise<void> {
    const hub = new HubClient(programs.hubUrl, this.stopped.signal)
    const simulator = new SimulatorControl(ports.simulatorControl)
    await signInAsAdmin(hub, state.value.password, () => this.waitForToken())
    const site = await simulator.site()
    const projectId = await ensureProject(hub, site)
    if (!state.isDone('estate')) await this.prepareEstate(state, hub, projectId, site, simulator)
    const gatewayId = await this.startEdge(hub, projectId, ports, programs, state.value.seed)
    this.serving = true
    printSummary({
      url: `http://localhost:${ports.hub}`,
      password: state.value.password,
      ports,
      pids: this.supervisor.pids,
      dataFolder: this.options.dataFolder,
    })
    await this.watchFirstReading(hub, projectId)
    await this.bringHistory(state, hub, gatewayId, simulator, programs)
    await this.bill(state, hub, projectId)
    if (!state.isDone('people')) await this.bringPeople(state, hub, projectId)
    say('演示环境已就绪', 'the demo is ready', this.seconds())
  }

  private async prepareEstate(
    state: StateFile,
    hub: HubClient,
    projectId: string,
    site: SimulatedSite,
    simulator: SimulatorControl,
  ): Promise<void> {
    const historyFromMs = Date.parse(state.value.history.from)
    await ensureStaff(hub, state.value.password)
    await importRooms(hub, projectId, site)
    await importMeters(hub, projectId, site, simulator, new Date(historyFromMs - QUARTER_MS))
    await ensureItems(hub, projectId)
    await ensureTariffs(hub, projectId, `${localDay(historyFromMs).slice(0, 4)}-01-01`)
    await importAssignments(hub, projectId, site, `${state.value.billMonth}-01`)
    await state.markDone('estate')
    say(
      `已导入 ${site.rooms.length} 间房、${site.meters.length} 块表、资费与用户`,
      `imported ${site.rooms.length} rooms, ${site.meters.length} meters, tariffs and users`,
      this.seconds(),
    )
  }

  /** Last: nobody waits for it, and the first readings and bills do not wait for people. */
  private async bringPeople(state: StateFile, hub: HubClient, projectId: string): Promise<void> {
    const people = await ensurePeople(hub, projectId, state.value.history.from)
    await state.markDone('people')
    say(
      `已登记 ${people} 户业主、一张平面图和一个交付批次`,
      `owners of ${people} households, a floor plan, a handover`,
      this.seconds(),
    )
  }

  private async startEdge(
    hub: HubClient,
    projectId: string,
    ports: DemoPorts,
    programs: Programs,
    seed: number,
  ): Promise<string> {
    const hasCredentials = existsSync(join(this.options.dataFolder, 'edge/credentials.json'))
    const { id, token } = await ensureGateway(hub, projectId, GATEWAY_NAME, hasCredentials)
    const gateway = { name: GATEWAY_NAME, token }
    await writeSiteFile({ ...this.options, seed }, ports, gateway, { 'device-port-base': ports.devices })
    await this.supervisor.start(programs.edge, 20_000)
    return id
  }

  private async watchFirstReading(hub: HubClient, projectId: string): Promise<void> {
    for (;;) {
      const { lastReadingAt } = await hub.call('GET /api/overview', { query: { projectId } })
      if (lastReadingAt !== null && Date.parse(lastReadingAt) >= this.beganMs) break
      await delay(200, undefined, { signal: this.stopped.signal })
    }
    say('首批实时读数已入库', 'the first live readings are in', this.seconds())
  }

  private async bringHistory(
    state: StateFile,
    hub: HubClient,
    gatewayId: string,
    simulator: SimulatorControl,
    programs: Programs,
  ): Promise<void> {
    if (state.isDone('history')) return
    const { from, to } = state.value.history
    const url = simulator.historyUrl(Date.parse(from), Date.parse(to), state.value.stepMinutes)
    say(
      `正在补传历史数据（自 ${localDay(Date.parse(from))}）`,
      `bringing in the history since ${localDay(Date.parse(from))}`,
    )
    const { signal } = this.stopped
    const { lines } = await importHistory(this.options.root, programs.siteFile, url, signal)
    say(`网关已接收 ${lines} 条历史读数`, `the gateway holds ${lines} readings of the past`, this.seconds())
    let toldMs = Date.now()
    await waitForBacklog(hub, gatewayId, Date.now(), signal, (waiting) => {
      if (Date.now() - toldMs < 10_000) return
      toldMs = Date.now()
      say(`待上传 ${waiting} 条`, `${waiting} readings to go`, this.seconds())
    })
    await state.markDone('history')
    say('历史数据已全部入库', 'the history is complete', this.seconds())
  }

  private async bill(state: StateFile, hub: HubClient, projectId: string): Promise<void> {
    if (state.isDone('bills')) return
    const items = await ensureItems(hub, projectId)
    for (const code of ['electricity', 'water']) {
      const deadlineMs = Date.now() + BILLS_WITHIN_MS
      const run = await issueBills(hub, projectId, items.get(code)!, state.value.billMonth, deadlineMs)
      say(
        `已出账 ${run.month} ${run.item.label.zh}：${run.bills} 张，共 ${run.amount} 元`,
        `issued ${run.month} ${run.item.label.en}: ${run.bills} bills, ${run.amount} yuan`,
        this.seconds(),
      )
    }
    await state.markDone('bills')
  }

  private lookForToken(line: string): void {
    const found = /\/setup\?token=([\w.~-]+)/.exec(line)
    if (found) this.setupToken = found[1]!
  }

  /** The hub prints its one-time link at start; it is there by the time that the hub answers, or soon after. */
  private async waitForToken(): Promise<string> {
    for (let waited = 0; waited < 10_000; waited += 50) {
      if (this.setupToken) return this.setupToken
      await delay(50, undefined, { signal: this.stopped.signal })
    }
    throw new Error('the hub has not printed a setup link')
  }

  private seconds(): string {
    return `${((Date.now() - this.beganMs) / 1000).toFixed(1)} s`
  }
}
