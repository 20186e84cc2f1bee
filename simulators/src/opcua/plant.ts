/**
 * A plant room behind one OPC UA server, on node-opcua's own server: a chiller, an air handling unit and two energy
 * meters below `Plant`, as variables with data sources. It obeys OPC 10000-4, not our client.
 */
import { createHash } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import type { BindVariableOptions, Namespace, UAObject, UAVariable } from 'node-opcua-address-space'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { DataValue } from 'node-opcua-data-value'
import { MessageSecurityMode, SecurityPolicy } from 'node-opcua-secure-channel'
import { OPCUAServer, type ServerSession } from 'node-opcua-server'
import { StatusCodes, type StatusCode } from 'node-opcua-status-code'
import { DataType, Variant, VariantArrayType } from 'node-opcua-variant'
import type { DeviceFault, RunningDevice } from '../device.ts'

export const PLANT_NAMESPACE = 'urn:courtyard:simulator:plant'

/** Faults of a part of the plant. `lost`: the server is well and has no connection to the device behind it. */
export type PlantFault = DeviceFault | 'lost' | 'uncertain'

export type PlantType = 'Float' | 'Double' | 'Int32' | 'UInt32' | 'Int64' | 'Boolean' | 'String' | 'UInt16'

export interface PlantVariable {
  readonly type: PlantType
  readonly value: number | string | boolean | readonly [number, number]
  readonly writable?: boolean
  /** Own node id; absent: `<part>.<name>`. */
  readonly nodeId?: string
}

export interface PlantOptions {
  readonly port: number
  /** Key and certificate of the server, made on first use. */
  readonly pkiFolder: string
  /** By part and, with dots, name: `Meter1` → `Energy.Import`. Absent: the usual plant. */
  readonly parts?: Readonly<Record<string, Readonly<Record<string, PlantVariable>>>>
  /** Absent: `PLANT_NAMESPACE`. */
  readonly namespaceUri?: string
  readonly users?: Readonly<Record<string, string>>
  readonly maxNodesPerRead?: number
  readonly maxMonitoredItemsPerCall?: number
  readonly refuseSubscriptions?: boolean
}

const meter = { 'Energy.Import': { type: 'Double', value: 1234.5 }, Power: { type: 'Float', value: 4210.5 }, Voltage: { type: 'Float', value: 230.1 }, Status: { type: 'UInt16', value: 1 } } as const // prettier-ignore

export const usualPlant: NonNullable<PlantOptions['parts']> = {
  Meter1: meter,
  Meter2: { ...meter, 'Energy.Import': { type: 'Double', value: 98.765 } },
  Chiller: {
    SupplyTemperature: { type: 'Float', value: 7.1 },
    ReturnTemperature: { type: 'Float', value: 12.4 },
    RunHours: { type: 'Int64', value: [0x20, 5] },
    Running: { type: 'Boolean', value: true },
    Setpoint: { type: 'Float', value: 7, writable: true },
    Enable: { type: 'Boolean', value: true, writable: true },
  },
  Ahu: { SupplyTemperature: { type: 'Double', value: 21.25 }, FanSpeed: { type: 'UInt16', value: 80, writable: true }, Filter: { type: 'String', value: '12.5' }, Setpoint: { type: 'Double', value: 21, writable: true } },
} // prettier-ignore

interface Cell {
  readonly part: string
  readonly type: PlantType
  value: unknown
  changedAt: Date
  readonly node: UAVariable
}

export class SimulatedPlant implements RunningDevice {
  readonly port: number
  /** Requests and items since the start. */
  readonly counters = { reads: 0, subscriptions: 0, items: 0, writes: 0, sessions: 0 }
  private readonly server: OPCUAServer
  private readonly certificates: OPCUACertificateManager
  private readonly cells = new Map<string, Cell>()
  private readonly faults = new Map<string, PlantFault>()
  private readonly sessions = new Set<ServerSession>()
  private readonly sockets = new Set<Socket>()

  private constructor(options: PlantOptions, certificates: OPCUACertificateManager) {
    this.port = options.port
    this.certificates = certificates
    const { users } = options
    this.server = new OPCUAServer({
      port: options.port,
      host: '127.0.0.1',
      hostname: '127.0.0.1',
      resourcePath: '/plant',
      securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
      securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss],
      allowAnonymous: users === undefined,
      userManager: { isValidUser: (name: string, password: string) => users?.[name] === password },
      serverCertificateManager: certificates,
      serverInfo: { applicationUri: 'urn:courtyard:simulator' },
      serverCapabilities: {
        maxSessions: 20,
        ...(options.maxMonitoredItemsPerCall === undefined ? {} : { operationLimits: { maxMonitoredItemsPerCall: options.maxMonitoredItemsPerCall, maxNodesPerRead: options.maxNodesPerRead ?? 1_000 } }),
      },
    })
  }

  static async start(options: PlantOptions): Promise<SimulatedPlant> {
    const certificates = new OPCUACertificateManager({ rootFolder: options.pkiFolder, automaticallyAcceptUnknownCertificate: true, disableFileWatchers: true })
    await certificates.initialize()
    const plant = new SimulatedPlant(options, certificates)
    await plant.server.initialize()
    // As an option 0 would mean the library's own limit.
    if (options.refuseSubscriptions) plant.server.engine.serverCapabilities.maxSubscriptions = 0
    plant.build(options.parts ?? usualPlant, options.namespaceUri ?? PLANT_NAMESPACE)
    plant.count()
    await plant.server.start()
    plant.trackSockets()
    return plant
  }

  get url(): string {
    return `opc.tcp://127.0.0.1:${this.port}/plant`
  }

  /** SHA-256 of the server's certificate. */
  thumbprint(): string {
    return createHash('sha256').update(this.server.getCertificate()).digest('hex')
  }

  setFault(part: string, fault: PlantFault | null): void {
    if (fault) this.faults.set(part, fault)
    else this.faults.delete(part)
  }

  /** Sets a variable as the process behind it would: monitored items see it. */
  set(name: string, value: unknown, sourceAtMs?: number): void {
    const cell = this.cellOf(name)
    cell.value = value
    cell.changedAt = new Date(sourceAtMs ?? Date.now())
    cell.node.touchValue()
  }

  valueOf(name: string): unknown {
    return this.cellOf(name).value
  }

  /** The subscriptions of this moment live on and report nothing any more: "connected but no changes". */
  muteSubscriptions(): void {
    for (const { publishEngine } of this.sessions) {
      for (const subscription of publishEngine.subscriptions) subscription.setPublishingMode(false)
    }
  }

  /** Every connection is cut without a word. */
  cutConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  async stop(): Promise<void> {
    this.cutConnections()
    await this.server.shutdown(0)
    await this.certificates.dispose()
  }

  private cellOf(name: string): Cell {
    const cell = this.cells.get(name)
    if (!cell) throw new RangeError(`the plant has no ${name}`)
    return cell
  }

  private build(parts: NonNullable<PlantOptions['parts']>, namespaceUri: string): void {
    const space = this.server.engine.addressSpace!
    const namespace = space.registerNamespace(namespaceUri)
    const plant = namespace.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Plant', nodeId: 's=Plant' })
    for (const [part, variables] of Object.entries(parts)) {
      const object = namespace.addObject({ componentOf: plant, browseName: part, nodeId: `s=${part}` })
      for (const [name, variable] of Object.entries(variables)) this.add(namespace, object, part, name, variable)
    }
  }

  private add(namespace: Namespace, object: UAObject, part: string, name: string, variable: PlantVariable): void {
    const steps = name.split('.')
    const parent = steps.slice(0, -1).reduce((at, step) => this.folder(namespace, at, step), object)
    const node = namespace.addVariable({
      componentOf: parent,
      browseName: steps.at(-1)!,
      nodeId: variable.nodeId ?? `s=${part}.${name}`,
      dataType: variable.type,
      minimumSamplingInterval: 50,
      accessLevel: variable.writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead',
      userAccessLevel: variable.writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead',
    })
    const cell: Cell = { part, type: variable.type, value: variable.value, changedAt: new Date(), node }
    this.cells.set(`${part}.${name}`, cell)
    const timestamped_get = (callback: (error: Error | null, value?: DataValue) => void) =>
      this.answer(cell, callback)
    const set = (value: Variant) => this.write(cell, value)
    const options = variable.writable ? { timestamped_get, set } : { timestamped_get }
    node.bindVariable(options as BindVariableOptions, true)
  }

  private folder(namespace: Namespace, parent: UAObject, name: string): UAObject {
    const known = parent.getComponentByName(name) as UAObject | null
    return known ?? namespace.addObject({ componentOf: parent, browseName: name })
  }

  private answer(cell: Cell, callback: (error: Error | null, value?: DataValue) => void): void {
    const fault = this.faults.get(cell.part)
    // Not a word: whoever asked waits until he gives up.
    if (fault === 'silent') return
    if (fault === 'reset') return this.cutConnections()
    callback(null, this.served(cell, fault))
  }

  private served(cell: Cell, fault: PlantFault | undefined): DataValue {
    const status: Partial<Record<PlantFault, StatusCode>> = { refusing: StatusCodes.BadUserAccessDenied, lost: StatusCodes.BadNoCommunication, uncertain: StatusCodes.UncertainLastUsableValue }
    const statusCode = (fault && status[fault]) ?? StatusCodes.Good
    const garbage = new Variant({ dataType: DataType.String, value: '\u0007??' })
    const value = fault === 'garbage' ? garbage : new Variant({ dataType: DataType[cell.type], arrayType: VariantArrayType.Scalar, value: cell.value })
    const hasValue = fault !== 'refusing' && fault !== 'lost'
    return new DataValue({ ...(hasValue ? { value } : {}), statusCode, sourceTimestamp: cell.changedAt, serverTimestamp: new Date() })
  }

  private write(cell: Cell, { value }: Variant): StatusCode {
    this.counters.writes += 1
    if (this.faults.get(cell.part) === 'refusing') return StatusCodes.BadUserAccessDenied
    cell.value = value
    cell.changedAt = new Date()
    return StatusCodes.Good
  }

  /** The server's own listeners have no public door; what cuts connections must know them. */
  private trackSockets(): void {
    for (const endpoint of this.server.endpoints) {
      const { _server: listener } = endpoint as unknown as { _server: Server }
      listener.on('connection', (socket: Socket) => {
        this.sockets.add(socket)
        socket.once('close', () => this.sockets.delete(socket))
      })
    }
  }

  private count(): void {
    this.server.on('create_session', (session) => {
      this.counters.sessions += 1
      this.sessions.add(session)
    })
    this.server.on('session_closed', (session) => this.sessions.delete(session))
    this.server.on('request', (request: { schema: { name: string }; itemsToCreate?: unknown[] | null }) => {
      if (request.schema.name === 'ReadRequest') this.counters.reads += 1
      if (request.schema.name === 'CreateSubscriptionRequest') this.counters.subscriptions += 1
      if (request.schema.name === 'CreateMonitoredItemsRequest') this.counters.items += request.itemsToCreate?.length ?? 0
    })
  }
} // prettier-ignore
