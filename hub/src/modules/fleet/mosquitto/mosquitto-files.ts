/**
 * What a Mosquitto beside the hub needs to know the same gateways as the hub does: CA, revocation list, topic rules,
 * and certificates for itself and for the hub as its client. Only gateways with certificates: of their passwords the
 * hub keeps SHA-256, from which Mosquitto's PBKDF2 can't be made.
 */
import { createHash } from 'node:crypto'
import { chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HubConfig } from '../../../platform/config.ts'
import { hostOf } from '../../../platform/security/server-names.ts'
import type { Security } from '../../../platform/security/security.ts'

const DEFAULT_PORT = 8883
const RESTART_FILE = 'restart-when-changed'

export interface MosquittoOptions {
  /** Absolute; made when it isn't there. */
  readonly folder: string
  /** Where Mosquitto sees the folder, when it sees another path. */
  readonly seenAs?: string
}

interface File {
  readonly name: string
  readonly content: string
  readonly mode: number
}

/** Writes all files; each is whole at every moment. The configuration itself is the operator's once it is there. */
export async function writeMosquittoFiles(
  { security, config }: { security: Security; config: HubConfig },
  { folder, seenAs = folder }: MosquittoOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { authority } = security
  const url = config.mqtt.url
  const names = [...new Set([...security.names, ...(url ? [hostOf(url)] : [])])]
  const server = await authority.own('courtyard-broker', names)
  const client = await security.client()
  const files: File[] = [
    { name: 'ca.crt', content: authority.bundle, mode: 0o644 },
    { name: 'crl.pem', content: await authority.revocationLists(), mode: 0o644 },
    { name: 'acl', content: aclFile(), mode: 0o600 },
    { name: 'server.crt', content: server.certificate, mode: 0o644 },
    { name: 'server.key', content: server.privateKey, mode: 0o600 },
    { name: 'hub.crt', content: client.certificate, mode: 0o644 },
    { name: 'hub.key', content: client.privateKey, mode: 0o600 },
    // Behind the list that must be there by then
    { name: RESTART_FILE, content: await restartState(security), mode: 0o644 },
  ]
  for (const file of files) await replace(folder, file)
  const port = Number((url && new URL(url).port) || DEFAULT_PORT)
  const conf = configurationFile(seenAs, port)
  await writeFile(join(folder, 'mosquitto.conf'), conf, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
}

/** Another content: somebody was revoked, or there is another CA. What else changes Mosquitto reads on SIGHUP. */
async function restartState({ authority }: Security): Promise<string> {
  const state = `${await authority.revocationState()} ${authority.bundle}`
  return `${createHash('sha256').update(state).digest('hex')}\n`
}

/** The user name is the common name of the certificate: the gateway's id, or `hub`. */
export function aclFile(): string {
  return `# Written by the Courtyard hub. A gateway's user name is its id.
pattern write courtyard/1/%u/up/#
pattern read courtyard/1/%u/down/#

user hub
topic write courtyard/1/+/down/#
topic read courtyard/1/+/up/#
`
}

function configurationFile(folder: string, port: number): string {
  return `# Written once by the Courtyard hub; yours from then on. The other files here are kept fresh by the hub:
# when they change, Mosquitto has to be told (see deploy/mosquitto/README.md).
per_listener_settings true
listener ${port}
cafile ${folder}/ca.crt
certfile ${folder}/server.crt
keyfile ${folder}/server.key
crlfile ${folder}/crl.pem
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file ${folder}/acl
# As the hub's own broker does; the hub asks for at most 16 messages at once
max_packet_size 4194304
max_inflight_messages 32
`
}

/** Under another name first; who owned the file before owns it still, as far as we may say so. */
async function replace(folder: string, { name, content, mode }: File): Promise<void> {
  const target = join(folder, name)
  const draft = `${target}.new`
  await rm(draft, { force: true })
  await writeFile(draft, content, { mode, flag: 'wx' })
  const before = await stat(target).catch(() => null)
  if (before) await chown(draft, before.uid, before.gid).catch(() => undefined)
  await rename(draft, target)
}
