/** Opens a session: looks at the endpoints, checks the certificate, then connects with the wanted security. */
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type {
  EndpointDescription,
  OPCUAClient,
  OPCUAClientOptions,
  UserIdentityInfo,
} from 'node-opcua-client'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import type { DriverContext } from '../driver.ts'
import type { OpcuaBusConfig } from './opcua.config.ts'
import { disconnected, firstLine, type Patience } from './opcua.failures.ts'
import { loadOpcua, type OpcuaLibraries, type OpcuaLibrary } from './opcua.library.ts'
import { OpcuaSession } from './opcua.session.ts'
import { ServerTrust } from './server-trust.ts'

const SESSION_TIMEOUT_MS = 60_000
/** Keys are computed with on both sides, which takes small servers a while. */
const MIN_CONNECT_STEP_MS = 3_000
const MIN_TRANSPORT_TIMEOUT_MS = 60_000
type Certificates = InstanceType<OpcuaLibraries['certificates']['OPCUACertificateManager']>

export class OpcuaConnector {
  private readonly context: DriverContext<OpcuaBusConfig>
  private readonly patience: Patience
  private readonly trust: ServerTrust
  private certificates: Promise<Certificates> | null = null

  constructor(context: DriverContext<OpcuaBusConfig>, patience: Patience) {
    this.context = context
    this.patience = patience
    this.trust = new ServerTrust(context.folder, context.bus.trustedServerSha256)
  }

  /** @throws AppError `edge.bus_disconnected`, `edge.request_timeout`, `edge.request_refused` */
  async open(): Promise<OpcuaSession> {
    const { bus, logger } = this.context
    if (bus.user !== undefined && bus.securityMode === 'None' && !bus.passwordInClear)
      throw new AppError(
        errorCodes.requestRefused,
        'securityMode None does not protect the password; choose Sign or SignAndEncrypt, or set passwordInClear',
      )
    const { client: library, certificates } = await loadOpcua(logger)
    const own = await this.ownCertificates(library, certificates)
    const endpoint = await this.findEndpoint(library, own)
    const client = this.client(library, own, endpoint)
    try {
      await this.within(client.connect(bus.url))
      const raw = await this.within(client.createSession2(this.identity(library)))
      const session = new OpcuaSession({ library, client, session: raw, patience: this.patience })
      await session.learn()
      const certificate = certificateOf(endpoint)
      if (certificate && bus.securityMode !== 'None') this.trust.keep(certificate)
      return session
    } catch (error) {
      void this.patience.briefly(client.disconnect())
      throw connectError(error)
    }
  }

  async close(): Promise<void> {
    const own = await this.certificates?.catch(() => null)
    await own?.dispose()
  }

  /** Asked without security, so nothing of it is trusted but what the certificate proves later. */
  private async findEndpoint(library: OpcuaLibrary, own: Certificates): Promise<EndpointDescription> {
    const { bus } = this.context
    const client = library.OPCUAClient.create({
      ...this.common(own),
      securityMode: library.MessageSecurityMode.None,
      securityPolicy: library.SecurityPolicy.None,
    })
    try {
      await this.within(client.connect(bus.url))
      const endpoints = await this.within(client.getEndpoints({ endpointUrl: bus.url }))
      const endpoint = choose(library, endpoints, bus)
      const certificate = certificateOf(endpoint)
      // Without security a server proves nothing, so nothing is kept; a configured thumbprint is still compared.
      if (certificate && (bus.securityMode !== 'None' || bus.trustedServerSha256 !== undefined))
        this.trust.check(certificate)
      if (!certificate && (bus.securityMode !== 'None' || bus.trustedServerSha256 !== undefined))
        throw new AppError(errorCodes.requestRefused, 'the endpoint has no certificate')
      return endpoint
    } catch (error) {
      throw connectError(error)
    } finally {
      await this.patience.briefly(client.disconnect())
    }
  }

  private client(library: OpcuaLibrary, own: Certificates, endpoint: EndpointDescription): OPCUAClient {
    const { bus } = this.context
    const { None, Sign, SignAndEncrypt } = library.MessageSecurityMode
    return library.OPCUAClient.create({
      ...this.common(own),
      securityMode: { None, Sign, SignAndEncrypt }[bus.securityMode],
      securityPolicy: policyUri(bus),
      ...(endpoint.serverCertificate?.length && bus.securityMode !== 'None'
        ? { serverCertificate: endpoint.serverCertificate }
        : {}),
      keepSessionAlive: true,
      requestedSessionTimeout: SESSION_TIMEOUT_MS,
    })
  }

  private common(own: Certificates): OPCUAClientOptions {
    return {
      applicationName: 'Courtyard edge',
      applicationUri: `urn:${hostname()}:courtyard-edge`,
      clientCertificateManager: own,
      // Sessions are made anew by us: half a reconnection is hard to tell from a whole one.
      connectionStrategy: { maxRetry: 0, initialDelay: 10, maxDelay: 20 },
      // Behind an address translation the server names itself otherwise; we stay with the configured address.
      endpointMustExist: false,
      // Silence of the whole connection, not of one request: that is timed by us.
      transportTimeout: Math.max(MIN_TRANSPORT_TIMEOUT_MS, 2 * this.patience.timeoutMs),
      defaultTransactionTimeout: this.patience.timeoutMs,
    }
  }

  /** Key and self-signed certificate of this bus, made on first use; that may take longer than any request. */
  private async ownCertificates(
    library: OpcuaLibrary,
    { OPCUACertificateManager }: OpcuaLibraries['certificates'],
  ): Promise<Certificates> {
    this.certificates ??= this.makeCertificates(library, OPCUACertificateManager)
    try {
      return await this.certificates
    } catch (error) {
      this.certificates = null
      throw disconnected(`no certificate of our own: ${firstLine(error)}`, error)
    }
  }

  private async makeCertificates(
    library: OpcuaLibrary,
    Manager: OpcuaLibraries['certificates']['OPCUACertificateManager'],
  ): Promise<Certificates> {
    const rootFolder = join(this.context.folder, 'pki')
    mkdirSync(this.context.folder, { recursive: true, mode: 0o700 })
    const own = new Manager({
      rootFolder,
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    })
    await own.initialize()
    const client = library.OPCUAClient.create(this.common(own))
    await client.createDefaultCertificate()
    await client.disconnect()
    return own
  }

  private identity({ UserTokenType }: OpcuaLibrary): UserIdentityInfo {
    const { user, password = '' } = this.context.bus
    return user === undefined
      ? { type: UserTokenType.Anonymous }
      : { type: UserTokenType.UserName, userName: user, password }
  }

  private within<T>(work: Promise<T>): Promise<T> {
    return this.patience.within(work, undefined, Math.max(MIN_CONNECT_STEP_MS, this.patience.timeoutMs))
  }
}

function policyUri({ securityMode, securityPolicy }: OpcuaBusConfig): string {
  return `http://opcfoundation.org/UA/SecurityPolicy#${securityMode === 'None' ? 'None' : securityPolicy}`
}

function choose(
  library: OpcuaLibrary,
  endpoints: readonly EndpointDescription[],
  bus: OpcuaBusConfig,
): EndpointDescription {
  const mode = library.MessageSecurityMode[bus.securityMode]
  const found = endpoints.find(
    (each) => each.securityMode === mode && each.securityPolicyUri === policyUri(bus),
  )
  if (found) return found
  const offered = endpoints.map(
    (each) =>
      `${library.MessageSecurityMode[each.securityMode]} ${each.securityPolicyUri?.split('#')[1] ?? ''}`,
  )
  throw new AppError(
    errorCodes.requestRefused,
    `the server does not offer ${bus.securityMode} ${bus.securityMode === 'None' ? '' : bus.securityPolicy}; it offers ${[...new Set(offered)].join(', ')}`,
  )
}

/** The first certificate of a chain: a DER sequence with its length in the header. */
function certificateOf({ serverCertificate: chain }: EndpointDescription): Buffer | null {
  if (!chain || chain.length < 4) return null
  const lengthBytes = chain[1]! & 0x7f
  const length = chain[1]! < 0x80 ? chain[1]! : chain.readUIntBE(2, lengthBytes)
  return chain.subarray(0, length + 2 + (chain[1]! < 0x80 ? 0 : lengthBytes))
}

function connectError(error: unknown): AppError {
  if (error instanceof AppError && error.code !== errorCodes.requestTimeout) return error
  return disconnected(`cannot connect: ${firstLine(error)}`, error)
}
