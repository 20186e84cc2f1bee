/**
 * An SNMP agent, versions 1 and 2c (RFC 1157, RFC 3416), on a UDP socket: variables with their values, some of which
 * may be set. It has a codec of its own.
 */
import { createSocket, type Socket } from 'node:dgram'
import type { DeviceFault, RunningDevice } from '../device.ts'
import { element, elements, integerBytes, integerOf, oidBytes, oidOf, Tag } from './ber.ts'

export interface SnmpVariable {
  readonly oid: string
  readonly syntax: 'integer' | 'octetString' | 'oid' | 'ipAddress' | 'counter32' | 'gauge32' | 'timeTicks' | 'opaque' | 'counter64'
  /** Decimal for numbers, text for strings, hexadecimal for opaque. */
  readonly value: string
  readonly isWritable?: boolean
} // prettier-ignore

export interface SnmpAgentOptions {
  readonly port?: number
  /** Must be given by who asks; there is no default. */
  readonly community: string
  readonly variables: readonly SnmpVariable[]
  /** Largest reply; longer ones are tooBig. */
  readonly maxBytes?: number
  /** Takes sets and keeps its old value. */
  readonly isStubborn?: boolean
}

export interface RunningSnmpAgent extends RunningDevice {
  /** Requests that came, also those that were not answered. */
  readonly requests: number
  /** `oid=value` of every set that was taken. */
  readonly sets: readonly string[]
  currentValue(oid: string): string | null
  setValue(oid: string, value: string): void
}

const Pdu = { get: 0xa0, getNext: 0xa1, response: 0xa2, set: 0xa3, getBulk: 0xa5 } as const
/** RFC 3416, 3; the first six are those of version 1. */
const Status = { tooBig: 1, noSuchName: 2, genErr: 5, wrongType: 7, noCreation: 11, notWritable: 17, authorizationError: 16 } as const // prettier-ignore
const VERSION_1 = 0n
const VERSION_2C = 1n

interface Variable extends Omit<SnmpVariable, 'value'> {
  readonly numbers: readonly number[]
  value: string
}

interface Request {
  readonly version: bigint
  readonly pdu: number
  readonly id: Buffer
  readonly first: number
  readonly second: number
  readonly varbinds: readonly {
    readonly oid: readonly number[]
    readonly tag: number
    readonly body: Buffer
  }[]
}

interface Failure {
  readonly status: number
  readonly index: number
}

export async function startSnmpAgent(options: SnmpAgentOptions): Promise<RunningSnmpAgent> {
  const agent = new SnmpAgent(options)
  await agent.listen(options.port ?? 0)
  return agent
}

class SnmpAgent implements RunningSnmpAgent {
  requests = 0
  readonly sets: string[] = []
  private readonly options: SnmpAgentOptions
  private readonly variables: readonly Variable[]
  private readonly socket: Socket = createSocket('udp4')
  private fault: DeviceFault | null = null

  constructor(options: SnmpAgentOptions) {
    this.options = options
    this.variables = options.variables
      .map((variable) => ({ ...variable, numbers: numbersOf(variable.oid) }))
      .sort((a, b) => compare(a.numbers, b.numbers))
    this.socket.on('message', (bytes, from) => {
      this.requests += 1
      const reply = this.answer(bytes)
      if (reply) this.socket.send(reply, from.port, from.address)
    })
  }

  get port(): number {
    return this.socket.address().port
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('error', reject)
      this.socket.bind(port, '127.0.0.1', resolve)
    })
  }

  setFault(_unit: string, fault: DeviceFault | null): void {
    this.fault = fault
  }

  currentValue(oid: string): string | null {
    return this.variables.find((variable) => variable.oid === oid)?.value ?? null
  }

  setValue(oid: string, value: string): void {
    const variable = this.variables.find((candidate) => candidate.oid === oid)
    if (!variable) throw new RangeError(`no variable ${oid}`)
    variable.value = value
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()))
  }

  private answer(bytes: Buffer): Buffer | null {
    if (this.fault === 'silent' || this.fault === 'reset') return null
    if (this.fault === 'garbage') return Buffer.from('30820a02017fdeadbeef', 'hex')
    const request = this.decode(bytes)
    if (!request) return null
    // Not allowed to see anything: version 1 has no word for that but noSuchName.
    if (this.fault === 'refusing') {
      const status = request.version === VERSION_1 ? Status.noSuchName : Status.authorizationError
      return this.encode(request, null, { status, index: request.version === VERSION_1 ? 1 : 0 })
    }
    const { failure, varbinds } = this.perform(request)
    const reply = this.encode(request, varbinds, failure)
    const isTooBig = reply.length > (this.options.maxBytes ?? 1_472)
    // A tooBig reply has no variables in version 2c (RFC 3416, 4.2.1) and those of the request in version 1.
    return isTooBig ? this.encode(request, request.version === VERSION_1 ? null : [], { status: Status.tooBig, index: 0 }) : reply // prettier-ignore
  }

  /** Null for what an agent drops without a word: no SNMP, or another community (RFC 1157, 4.1). */
  private decode(bytes: Buffer): Request | null {
    try {
      const [message] = elements(bytes)
      const [version, community, pdu] = elements(message!.body)
      if (community!.body.toString() !== this.options.community) return null
      const number = integerOf(version!.body)
      if (number !== VERSION_1 && number !== VERSION_2C) return null
      const [id, first, second, list] = elements(pdu!.body)
      const varbinds = elements(list!.body).map(({ body }) => {
        const [name, value] = elements(body)
        return { oid: oidOf(name!.body), tag: value!.tag, body: value!.body }
      })
      return { version: number, pdu: pdu!.tag, id: id!.body, first: Number(integerOf(first!.body)), second: Number(integerOf(second!.body)), varbinds } // prettier-ignore
    } catch {
      return null
    }
  }

  private perform(request: Request): { failure: Failure | null; varbinds: Buffer[] | null } {
    switch (request.pdu) {
      case Pdu.get:
        return this.gather(request, (oid) => this.find(oid) ?? this.absent(oid))
      case Pdu.getNext:
        return this.gather(request, (oid) => this.next(oid) ?? Tag.endOfMibView)
      case Pdu.getBulk:
        return { failure: null, varbinds: this.bulk(request) }
      case Pdu.set:
        return this.set(request)
      default:
        return { failure: { status: Status.genErr, index: 0 }, varbinds: null }
    }
  }

  /** Version 1 knows no value that says "not here": the whole request fails (RFC 1157, 4.1.2). */
  private gather(request: Request, look: (oid: readonly number[]) => Variable | number) {
    const found = request.varbinds.map(({ oid }) => ({ oid, value: look(oid) }))
    const missing = found.findIndex(({ value }) => typeof value === 'number')
    if (missing >= 0 && request.version === VERSION_1)
      return { failure: { status: Status.noSuchName, index: missing + 1 }, varbinds: null }
    const varbinds = found.map(({ oid, value }) => typeof value === 'number' ? varbind(oid, element(value)) : shown(value)) // prettier-ignore
    return { failure: null, varbinds }
  }

  /** RFC 3416, 4.2.3: `first` variables once, the others up to `second` times. */
  private bulk({ varbinds, first, second }: Request): Buffer[] {
    const found: Buffer[] = []
    const step = (oid: readonly number[]): readonly number[] => {
      const next = this.next(oid)
      found.push(next ? shown(next) : varbind(oid, element(Tag.endOfMibView)))
      return next?.numbers ?? oid
    }
    varbinds.slice(0, first).forEach(({ oid }) => step(oid))
    let row = varbinds.slice(first).map(({ oid }) => oid)
    for (let round = 0; round < Math.min(second, 20) && row.length > 0; round++) row = row.map(step)
    return found
  }

  private set(request: Request): { failure: Failure | null; varbinds: Buffer[] | null } {
    const isOld = request.version === VERSION_1
    for (const [i, { oid, tag }] of request.varbinds.entries()) {
      const variable = this.find(oid)
      const index = i + 1
      if (!variable) return { failure: { status: isOld ? Status.noSuchName : Status.noCreation, index }, varbinds: null }
      if (!variable.isWritable) return { failure: { status: isOld ? Status.noSuchName : Status.notWritable, index }, varbinds: null }
      if (tag !== Tag[variable.syntax]) return { failure: { status: isOld ? 3 : Status.wrongType, index }, varbinds: null }
    } // prettier-ignore
    for (const { oid, tag, body } of request.varbinds) {
      const variable = this.find(oid)!
      const value = tag === Tag.octetString ? body.toString() : String(integerOf(body))
      this.sets.push(`${variable.oid}=${value}`)
      if (!this.options.isStubborn) variable.value = value
    }
    return { failure: null, varbinds: null }
  }

  private encode(
    { version, id, varbinds }: Request,
    answer: readonly Buffer[] | null,
    failure: Failure | null,
  ): Buffer {
    const list =
      failure || !answer ? varbinds.map(({ oid, tag, body }) => varbind(oid, element(tag, body))) : answer
    const body = failure?.status === Status.tooBig && answer ? [] : list
    return element(
      Tag.sequence,
      element(Tag.integer, integerBytes(version)),
      element(Tag.octetString, Buffer.from(this.options.community)),
      element(
        Pdu.response,
        element(Tag.integer, id),
        element(Tag.integer, integerBytes(BigInt(failure?.status ?? 0))),
        element(Tag.integer, integerBytes(BigInt(failure?.index ?? 0))),
        element(Tag.sequence, ...body),
      ),
    )
  }

  private find(oid: readonly number[]): Variable | undefined {
    return this.variables.find(({ numbers }) => compare(numbers, oid) === 0)
  }

  private next(oid: readonly number[]): Variable | undefined {
    return this.variables.find(({ numbers }) => compare(numbers, oid) > 0)
  }

  /** noSuchInstance where the object is known with other instances (RFC 3416, 4.2.1). */
  private absent(oid: readonly number[]): number {
    const object = oid.slice(0, -1)
    const isKnown = this.variables.some(({ numbers }) => object.every((number, i) => numbers[i] === number))
    return isKnown ? Tag.noSuchInstance : Tag.noSuchObject
  }
}

function shown({ numbers, syntax, value }: Variable): Buffer {
  return varbind(numbers, element(Tag[syntax], valueBytes(syntax, value)))
}

function varbind(oid: readonly number[], value: Buffer): Buffer {
  return element(Tag.sequence, element(Tag.oid, oidBytes(oid)), value)
}

function valueBytes(syntax: SnmpVariable['syntax'], value: string): Buffer {
  if (syntax === 'octetString') return Buffer.from(value)
  if (syntax === 'opaque') return Buffer.from(value, 'hex')
  if (syntax === 'oid') return oidBytes(numbersOf(value))
  if (syntax === 'ipAddress') return Buffer.from(value.split('.').map(Number))
  return integerBytes(BigInt(value))
}

function numbersOf(oid: string): number[] {
  return oid.split('.').map(Number)
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}
