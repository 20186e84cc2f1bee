/** What we use of net-snmp 3.29, which brings no types. */
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events'

  export interface Varbind {
    oid: string
    /** Tag of the BER value, see `ObjectType`. */
    type: number
    value: unknown
  }

  export interface SnmpUser {
    name: string
    level: number
    authProtocol?: number
    authKey?: string
    privProtocol?: number
    privKey?: string
  }

  export interface SessionOptions {
    port: number
    version?: number
    retries: number
    timeout: number
    transport: 'udp4' | 'udp6'
    context?: string
    reportOidMismatchErrors: boolean
    dgramModule: object
  }

  export interface Session extends EventEmitter {
    get(oids: readonly string[], done: (error: Error | null, varbinds?: Varbind[]) => void): void
    set(varbinds: readonly Varbind[], done: (error: Error | null, varbinds?: Varbind[]) => void): void
    close(): void
  }

  export interface Notification {
    pdu: {
      type: number
      id?: number
      varbinds: Varbind[]
      /** Version 1 only. */
      enterprise?: string
      agentAddr?: string
      generic?: number
      specific?: number
      upTime?: number
    }
    rinfo: { address: string; port: number }
  }

  export interface Authorizer {
    addCommunity(community: string): void
    addUser(user: SnmpUser): void
  }

  export interface Receiver {
    getAuthorizer(): Authorizer
    close(done?: () => void): void
  }

  export interface ReceiverOptions {
    port: number
    address: string
    transport: 'udp4' | 'udp6'
    disableAuthorization: boolean
    dgramModule: object
  }

  interface NetSnmp {
    createSession(target: string, community: string, options: SessionOptions): Session
    createV3Session(target: string, user: SnmpUser, options: SessionOptions): Session
    createReceiver(
      options: ReceiverOptions,
      onNotification: (error: Error | null, notification?: Notification) => void,
    ): Receiver
    readonly Version1: number
    readonly Version2c: number
    readonly SecurityLevel: Readonly<Record<'noAuthNoPriv' | 'authNoPriv' | 'authPriv', number>>
    readonly AuthProtocols: Readonly<Record<string, number>>
    readonly PrivProtocols: Readonly<Record<string, number>>
    readonly ObjectType: Readonly<Record<string, number>>
    readonly PduType: Readonly<Record<string, number>>
  }

  const snmp: NetSnmp
  export default snmp
}
