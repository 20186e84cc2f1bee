/** The same interface over https, beside the plain one. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { HubConfig } from '../config.ts'
import { fail, platformErrors } from '../errors.ts'
import type { HubApp, Stop } from '../module.ts'
import type { Security } from '../security/security.ts'

export interface HttpsListener {
  readonly port: number
  readonly stop: Stop
}

/** Certificate and key: from files of the operator's, which are read again when they are renewed, or our own. */
async function contextOf(files: HubConfig['https']['files'], security: Security) {
  if (!files) {
    const { certificate, privateKey } = await security.listener()
    return { cert: certificate, key: privateKey }
  }
  try {
    return { cert: await readFile(files.certificate), key: await readFile(files.key) }
  } catch (cause) {
    const { message } = cause as Error
    throw fail(platformErrors.tlsFiles, `TLS_CERT_FILE or TLS_KEY_FILE: ${message}`, undefined, cause)
  }
}

/** @throws AppError `hub.tls_files` when certificate or key cannot be used, `hub.https_port` when the port is taken */
export async function listenHttps(
  app: HubApp,
  security: Security,
  config: HubConfig['https'] & { readonly port: number },
): Promise<HttpsListener> {
  const server = createServer((request, response) => app.routing(request, response))
  const renew = async () => {
    const context = await contextOf(config.files, security)
    try {
      server.setSecureContext({ ...context, minVersion: 'TLSv1.2' })
    } catch (cause) {
      const { message } = cause as Error
      throw fail(platformErrors.tlsFiles, `TLS_CERT_FILE or TLS_KEY_FILE: ${message}`, undefined, cause)
    }
  }
  await renew()
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(
        fail(platformErrors.httpsPort, `HTTPS cannot listen on ${config.host}:${config.port} (${message})`),
      ),
    )
    server.listen(config.port, config.host, resolve)
  })
  const ignore = security.onRenewal(renew)
  const stop = async () => {
    ignore()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    const cut = setTimeout(() => server.closeAllConnections(), 1_000)
    await closed
    clearTimeout(cut)
  }
  return { port: (server.address() as AddressInfo).port, stop }
}
