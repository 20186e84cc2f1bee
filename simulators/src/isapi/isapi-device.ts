/**
 * A device that speaks ISAPI: digest sign-in, event stream with heartbeats, log search, clock, doors, barrier, people and
 * plates. Forms are those of public captures of DS-K1T terminals (JSON parts) and DS-TCG cameras (XML parts).
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { DeviceFault, RunningDevice } from '../device.ts'

/** An entry of the device's own log. */
export interface LoggedEvent {
  readonly serialNo: number
  /** With offset, such as `2026-01-15T08:00:00+08:00`. */
  readonly time: string
  readonly major: number
  readonly minor: number
  readonly [field: string]: unknown
}

export interface IsapiDeviceOptions {
  readonly port?: number
  readonly user?: string
  readonly password?: string
  readonly algorithm?: 'MD5' | 'SHA-256'
  readonly heartbeatMs?: number
  readonly log?: readonly LoggedEvent[]
  /** Boundary as it stands in the header. */
  readonly boundary?: string
  readonly doors?: number
  /** Key and certificate in PEM: HTTPS in place of HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

type IsapiFault = DeviceFault | 'partialPage' | 'streamSilent'
interface Reply { readonly status?: number; readonly type?: 'json' | 'xml'; readonly text: string } // prettier-ignore

const MARK = 'MIME_boundary'

export class SimulatedIsapiDevice implements RunningDevice {
  readonly log: LoggedEvent[]
  /** HTTP requests that came so far. */
  requests = 0
  /** What was done, oldest first, such as `door/1 open`. */
  readonly done: string[] = []
  readonly people = new Map<string, string>()
  readonly cards = new Map<string, string>()
  readonly plates = new Map<string, { id: string; list: string }>()
  clockOffsetSeconds = 0
  timeMode = 'manual'
  doorStates: number[]
  private readonly options: IsapiDeviceOptions
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private readonly streams = new Set<ServerResponse>()
  private readonly nonces = new Set<string>()
  private readonly timer: NodeJS.Timeout
  private fault: IsapiFault | null = null
  private nextPlate = 1

  private constructor(options: IsapiDeviceOptions) {
    this.options = options
    this.log = [...(options.log ?? [])]
    this.doorStates = Array.from({ length: options.doors ?? 1 }, () => 0)
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.handle(request, response)
    this.server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle)
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
    this.timer = setInterval(() => this.heartbeat(), options.heartbeatMs ?? 300)
  }

  static async start(options: IsapiDeviceOptions = {}): Promise<SimulatedIsapiDevice> {
    const device = new SimulatedIsapiDevice(options)
    await new Promise<void>((resolve) => device.server.listen(options.port ?? 0, '127.0.0.1', resolve))
    return device
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get listeners(): number {
    return this.streams.size
  }

  setFault(_unit: string, fault: IsapiFault | null): void {
    this.fault = fault
    if (fault === 'reset') this.resetAll()
  }

  /** Writes into the log and tells the stream, unless `live` is false. */
  happen(event: LoggedEvent, live = true, picture?: Buffer): void {
    this.log.push(event)
    if (!live) return
    const { time, major, minor, ...fields } = event
    const alert = { ipAddress: '127.0.0.1', portNo: 80, protocol: 'HTTP', channelID: 1, dateTime: time, activePostCount: 1, eventType: 'AccessControllerEvent', eventState: 'active', eventDescription: 'Access Controller Event', AccessControllerEvent: { deviceName: 'Access Controller', majorEventType: major, subEventType: minor, ...fields, currentEvent: true, picturesNumber: picture ? 1 : 0 } } // prettier-ignore
    this.sendPart('application/json; charset="UTF-8"', Buffer.from(JSON.stringify(alert)))
    if (picture) this.sendPart('image/jpeg', picture, 'Content-Disposition: form-data; name="Picture"\r\n')
  }

  /** A vehicle, as XML with its pictures behind it. */
  vehicle(xml: string, pictures: readonly (readonly [name: string, bytes: Buffer])[] = []): void {
    this.sendPart('application/xml; charset="UTF-8"', Buffer.from(xml))
    for (const [name, bytes] of pictures) this.sendPart('image/jpeg', bytes, `Content-Disposition: form-data; name="${name}"\r\n`) // prettier-ignore
  }

  dropStreams(): void {
    for (const stream of this.streams) stream.destroy()
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private heartbeat(): void {
    if (this.fault === 'streamSilent') return
    this.sendPart('application/xml; charset="UTF-8"', Buffer.from('<EventNotificationAlert version="2.0"><channelID>0</channelID><dateTime>2026-01-15T08:00:00+08:00</dateTime><activePostCount>0</activePostCount><eventType>videoloss</eventType><eventState>inactive</eventState><eventDescription>videoloss alarm</eventDescription></EventNotificationAlert>')) // prettier-ignore
  }

  private sendPart(type: string, body: Buffer, more = ''): void {
    const head = `--${MARK}\r\nContent-Type: ${type}\r\n${more}Content-Length: ${body.length}\r\n\r\n`
    for (const stream of this.streams)
      stream.write(Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n')]))
  }

  /** Of TLS too: these are the connections beneath. */
  private resetAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (this.fault === 'silent') return
    if (this.fault === 'reset') return this.resetAll()
    if (this.fault === 'garbage') return void request.socket.end('\u0000\u0001 no HTTP at all\r\n\r\n')
    if (!this.isSignedIn(request)) return this.challenge(response)
    const path = (request.url ?? '').split('?')[0]!
    if (path === '/ISAPI/Event/notification/alertStream') return this.openStream(response)
    const refusal: Reply = { status: 403, text: '<ResponseStatus><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>notSupport</subStatusCode></ResponseStatus>' } // prettier-ignore
    const reply = this.fault === 'refusing' ? refusal : (this.answer(`${request.method} ${path}`, Buffer.concat(chunks).toString()) ?? refusal) // prettier-ignore
    response.writeHead(reply.status ?? 200, { 'content-type': `application/${reply.type ?? 'xml'}` }).end(reply.text) // prettier-ignore
  }

  private openStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': `multipart/mixed; boundary=${this.options.boundary ?? MARK}` })
    response.flushHeaders()
    this.streams.add(response)
    response.once('close', () => this.streams.delete(response))
  }

  private challenge(response: ServerResponse): void {
    const nonce = randomBytes(16).toString('hex')
    this.nonces.add(nonce)
    const algorithm = this.options.algorithm ? `, algorithm=${this.options.algorithm}` : ''
    response.writeHead(401, { 'www-authenticate': `Digest qop="auth", realm="DS-K1T341", nonce="${nonce}", stale="false", opaque="", domain="::"${algorithm}` }).end() // prettier-ignore
  }

  private isSignedIn(request: IncomingMessage): boolean {
    const text = request.headers.authorization ?? ''
    const field = (name: string) => new RegExp(`(?:^|[ ,])${name}="?([^",]*)"?`).exec(text)?.[1] ?? ''
    if (!this.nonces.has(field('nonce'))) return false
    const { user = 'admin', password = 'secret', algorithm } = this.options
    const hash = (value: string) => createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5').update(value).digest('hex') // prettier-ignore
    const wanted = hash([hash(`${user}:DS-K1T341:${password}`), field('nonce'), field('nc'), field('cnonce'), 'auth', hash(`${request.method}:${request.url}`)].join(':')) // prettier-ignore
    return field('response') === wanted && field('uri') === request.url
  }

  private answer(call: string, body: string): Reply | null {
    const tag = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
    const door = /^PUT \/ISAPI\/AccessControl\/RemoteControl\/door\/(\d+)$/.exec(call)
    if (door) return this.note(`door/${door[1]} ${tag('cmd')}`)
    const gate = /^PUT \/ISAPI\/Parking\/channels\/(\d+)\/barrierGate$/.exec(call)
    if (gate) return this.note(`barrier/${gate[1]} ${tag('ctrlMode')}`)
    switch (call) {
      case 'GET /ISAPI/System/status':
        return { text: '<?xml version="1.0"?><DeviceStatus version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><currentDeviceTime>2026-01-15T08:00:00+08:00</currentDeviceTime><deviceUpTime>86400</deviceUpTime><CPUList><CPU><cpuUtilization>17</cpuUtilization></CPU></CPUList><MemoryList><Memory><memoryUsage>150.5</memoryUsage><memoryAvailable>349.5</memoryAvailable></Memory></MemoryList></DeviceStatus>' } // prettier-ignore
      case 'GET /ISAPI/System/time':
        return { text: `<Time version="2.0"><timeMode>${this.timeMode}</timeMode><localTime>${new Date(Date.now() + this.clockOffsetSeconds * 1_000 + 28_800_000).toISOString().slice(0, 19)}+08:00</localTime><timeZone>CST-8:00:00</timeZone></Time>` } // prettier-ignore
      case 'PUT /ISAPI/System/time':
        this.clockOffsetSeconds = Math.round((Date.parse(tag('localTime')) - Date.now()) / 1_000)
        return this.note(`time ${tag('timeZone')}`)
      case 'GET /ISAPI/AccessControl/AcsWorkStatus':
        return { type: 'json', text: JSON.stringify({ AcsWorkStatus: { doorLockStatus: this.doorStates, magneticStatus: this.doorStates } }) } // prettier-ignore
      case 'POST /ISAPI/AccessControl/AcsEvent':
        return this.search(JSON.parse(body) as Record<string, Record<string, unknown>>)
      case 'POST /ISAPI/Traffic/channels/1/searchLPListAudit':
        return this.listPlates(Number(tag('searchResultPosition')), Number(tag('maxResults')))
      default:
        return this.answerJson(call, body)
    }
  }

  private answerJson(call: string, body: string): Reply | null {
    type Info = Record<string, string>
    const content = (text: string) => JSON.parse(text) as Record<string, Info & Record<string, Info[]>>
    switch (call) {
      case 'PUT /ISAPI/AccessControl/UserInfo/SetUp':
        this.people.set(content(body)['UserInfo']!['employeeNo']!, content(body)['UserInfo']!['name']!)
        return this.note('user')
      case 'PUT /ISAPI/AccessControl/CardInfo/SetUp':
        this.cards.set(content(body)['CardInfo']!['cardNo']!, content(body)['CardInfo']!['employeeNo']!)
        return this.note('card')
      case 'PUT /ISAPI/AccessControl/UserInfo/Delete':
        for (const { employeeNo } of content(body)['UserInfoDelCond']!['EmployeeNoList']!) this.people.delete(employeeNo!) // prettier-ignore
        return this.note('delete')
      case 'POST /ISAPI/AccessControl/UserInfo/Search': {
        const asked = content(body)['UserInfoSearchCond']!['EmployeeNoList']!
        const UserInfo = asked.flatMap(({ employeeNo }) => (this.people.has(employeeNo!) ? [{ employeeNo, name: this.people.get(employeeNo!) }] : [])) // prettier-ignore
        return json({ UserInfoSearch: { responseStatusStrg: UserInfo.length ? 'OK' : 'NO MATCH', numOfMatches: UserInfo.length, totalMatches: UserInfo.length, ...(UserInfo.length ? { UserInfo } : {}) } }) // prettier-ignore
      }
      case 'PUT /ISAPI/Traffic/channels/1/licensePlateAuditData/record': {
        const { LicensePlateInfoList } = JSON.parse(body) as { LicensePlateInfoList: Info[] }
        for (const { LicensePlate, listType } of LicensePlateInfoList) this.plates.set(LicensePlate!, { id: this.plates.get(LicensePlate!)?.id ?? String(this.nextPlate++), list: listType! }) // prettier-ignore
        return this.note('plates')
      }
      case 'PUT /ISAPI/Traffic/channels/1/DelLicensePlateAuditData': {
        const { id } = JSON.parse(body) as { id: string[] }
        for (const [plate, held] of this.plates) if (id.includes(held.id)) this.plates.delete(plate)
        return this.note('delete plates')
      }
      default:
        return null
    }
  }

  private search(request: Record<string, Record<string, unknown>>): Reply {
    const { searchID, searchResultPosition, maxResults, startTime, endTime } = request['AcsEventCond']!
    const [from, to] = [Date.parse(String(startTime)), Date.parse(String(endTime))]
    const all = this.log.filter(({ time }) => Date.parse(time) >= from && Date.parse(time) <= to)
    const position = Number(searchResultPosition)
    const InfoList = all.slice(position, position + Number(maxResults))
    const numOfMatches = InfoList.length
    if (this.fault === 'partialPage' && position > 0) InfoList.pop()
    const responseStatusStrg = all.length === 0 ? 'NO MATCH' : position + numOfMatches < all.length ? 'MORE' : 'OK' // prettier-ignore
    return json({ AcsEvent: { searchID, responseStatusStrg, numOfMatches, totalMatches: all.length, ...(all.length ? { InfoList } : {}) } }) // prettier-ignore
  }

  private listPlates(position: number, count: number): Reply {
    const some = [...this.plates].slice(position, position + count)
    const infos = some.map(([plate, { id, list }]) => `<LicensePlateInfo><id>${id}</id><type>${list}</type><LicensePlate>${plate}</LicensePlate></LicensePlateInfo>`) // prettier-ignore
    return { text: `<LPListAuditSearchResult><numOfMatches>${some.length}</numOfMatches><totalMatches>${this.plates.size}</totalMatches><LicensePlateInfoList>${infos.join('')}</LicensePlateInfoList></LPListAuditSearchResult>` } // prettier-ignore
  }

  private note(what: string): Reply {
    this.done.push(what)
    return json({ statusCode: 1, statusString: 'OK', subStatusCode: 'ok' })
  }
}

function json(value: object): Reply {
  return { type: 'json', text: JSON.stringify(value) }
}
