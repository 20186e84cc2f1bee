/**
 * A ZKTeco terminal that pushes over HTTP (ADMS): asks for options, uploads its log until it is taken, asks for
 * commands, does them and tells the result. Written from ZKTeco's PUSH protocols and the traffic in zkteco-adms.
 */
import type { SimulatedPunch } from './terminal-data.ts'

/**
 * - `silent`: it does not call
 * - `refusing`: commands end with Return=-1
 * - `noResults`: commands are done and never reported
 * - `deaf`: answers to uploads get lost, so it uploads again
 */
export type PushFault = 'silent' | 'refusing' | 'noResults' | 'deaf'

export interface PushTerminalOptions {
  /** `http://127.0.0.1:8081` or with a path before `/iclock`. */
  readonly server: string
  readonly serial: string
  readonly dialect?: 'attendance' | 'access'
  readonly intervalMs?: number
  readonly batch?: number
}

/** An event at the door as an access terminal words it. */
export interface DoorLogFields {
  readonly time: string
  readonly pin: string
  readonly event: number
  readonly eventaddr: number
  readonly verifytype: number
  readonly inoutstatus: number
  readonly cardno?: string
}

export class SimulatedPushTerminal {
  private readonly options: Required<PushTerminalOptions>
  private readonly log: { table: string; line: string }[] = []
  private uploaded = 0
  private stopped = false
  private running: Promise<void> | null = null
  private initialised = false
  private fault: PushFault | null = null
  /** Options that the server gave. */
  private settings = new Map<string, string>()
  readonly commands: string[] = []
  readonly users = new Map<string, Map<string, string>>()
  private failures = 0
  private uploads = 0

  constructor(options: PushTerminalOptions) {
    this.options = { dialect: 'attendance', intervalMs: 40, batch: 50, ...options }
  }

  start(): void {
    this.running ??= this.run()
  }

  setFault(fault: PushFault | null): void {
    this.fault = fault
  }

  punch(punch: Pick<SimulatedPunch, 'user' | 'time' | 'punch' | 'verify'>): void {
    this.line('ATTLOG', [punch.user, punch.time, punch.punch, punch.verify, 0, 0, 0].join('\t'))
  }

  door(fields: DoorLogFields): void {
    const all = { ...fields, cardno: fields.cardno ?? '0', index: this.log.length + 1 }
    this.line('rtlog', Object.entries(all).map(([key, value]) => `${key}=${value}`).join('\t')) // prettier-ignore
  }

  line(table: string, line: string): void {
    this.log.push({ table, line })
  }

  snapshot() {
    const { commands, uploaded, failures, uploads } = this
    return {
      commands,
      uploaded,
      failures,
      uploads,
      waiting: this.log.length - uploaded,
      settings: Object.fromEntries(this.settings),
      users: [...this.users.values()].map((user) => Object.fromEntries(user)),
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        if (this.fault !== 'silent') await this.round()
      } catch {
        this.failures += 1
      }
      await new Promise((resolve) => setTimeout(resolve, this.options.intervalMs))
    }
  }

  private async round(): Promise<void> {
    if (!this.initialised) await this.initialise()
    await this.upload()
    const info = `INFO=Ver 8.0.4.3,${this.users.size},3,${this.log.length},127.0.0.1,10,7,15,11,111`
    const answer = await this.call('GET', `getrequest?${info}`)
    const results = [...answer.matchAll(/^C:([^:]+):(.*)$/gm)].map(([, id, command]) => this.execute(id!, command!.trimEnd())) // prettier-ignore
    if (results.length > 0 && this.fault !== 'noResults')
      await this.call('POST', 'devicecmd', results.join('\n'))
  }

  private async initialise(): Promise<void> {
    const access = this.options.dialect === 'access'
    const version = access ? 'pushver=3.1.2&DeviceType=acc' : 'pushver=2.4.1'
    const answer = await this.call('GET', `cdata?options=all&${version}`)
    this.settings = new Map(
      answer.split(/\r?\n/).flatMap((line): [string, string][] => {
        const [key, value] = line.split('=')
        return key && value !== undefined ? [[key, value]] : []
      }),
    )
    if (access) {
      await this.call('POST', 'registry', '~DeviceName=SpeedFace,MAC=00:17:61:00:00:01')
      await this.call('POST', 'push', '')
    }
    // It goes on behind what the server says that it has.
    const stamp = Number(this.settings.get('ATTLOGStamp') ?? '0')
    if (Number.isInteger(stamp)) this.uploaded = Math.min(this.log.length, stamp)
    this.initialised = true
  }

  /** One table at a time, in the order of the log; the next only when the server has taken it. */
  private async upload(): Promise<void> {
    while (this.uploaded < this.log.length) {
      const { table } = this.log[this.uploaded]!
      const batch = this.log.slice(this.uploaded, this.uploaded + this.options.batch)
      const end = batch.findIndex((entry) => entry.table !== table)
      const lines = batch.slice(0, end < 0 ? batch.length : end)
      const upTo = this.uploaded + lines.length
      const body = `${lines.map(({ line }) => line).join('\n')}\n`
      const answer = await this.call('POST', `cdata?table=${table}&Stamp=${upTo}`, body)
      this.uploads += 1
      if (!answer.startsWith('OK')) throw new Error(`not taken: ${answer}`)
      if (this.fault === 'deaf') return
      this.uploaded = upTo
    }
  }

  private execute(id: string, command: string): string {
    this.commands.push(command)
    const name = command.split(' ')[0]!
    if (this.fault === 'refusing') return `ID=${id}&Return=-1&CMD=${name}`
    const update = /^DATA UPDATE (?:USERINFO|user) (.*)$/s.exec(command)
    const remove = /^DATA DELETE (?:USERINFO|user) P(?:IN|in)=(.*)$/.exec(command)
    if (update) {
      const fields = new Map(update[1]!.split('\t').map((field) => field.split('=') as [string, string]))
      this.users.set(fields.get('PIN') ?? fields.get('Pin') ?? '', fields)
    }
    if (remove) this.users.delete(remove[1]!)
    return `ID=${id}&Return=0&CMD=${name}`
  }

  private async call(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    const url = `${this.options.server}/iclock/${path}${path.includes('?') ? '&' : '?'}SN=${this.options.serial}`
    const response = await fetch(url, {
      method,
      headers: { 'user-agent': 'iClock Proxy/1.09', 'content-type': 'text/plain', connection: 'close' },
      signal: AbortSignal.timeout(3_000),
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return text
  }
}
