/**
 * node-opcua, loaded when the first bus needs it: it takes about 60 to 90 MB and a second, which a gateway without OPC UA
 * should not pay.
 */
import type * as certificateLibrary from 'node-opcua-certificate-manager'
import type * as clientLibrary from 'node-opcua-client'
import type { Logger } from '../../log.ts'

export type OpcuaLibrary = typeof clientLibrary
type CertificateLibrary = typeof certificateLibrary

export interface OpcuaLibraries {
  readonly client: OpcuaLibrary
  readonly certificates: CertificateLibrary
}

let loading: Promise<OpcuaLibraries> | null = null

export function loadOpcua(logger: Logger): Promise<OpcuaLibraries> {
  loading ??= load(logger)
  return loading
}

async function load(logger: Logger): Promise<OpcuaLibraries> {
  const client = await import('node-opcua-client')
  const certificates = await import('node-opcua-certificate-manager')
  // It would write to standard output, between the lines of our own log.
  const quiet = (...words: unknown[]) => logger.debug({ from: 'node-opcua' }, words.map(String).join(' ').slice(0, 500))
  client.setWarningLogger(quiet)
  client.setErrorLogger(quiet)
  client.setDebugLogger(quiet)
  return { client, certificates }
} // prettier-ignore
