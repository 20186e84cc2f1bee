/** Which server certificate is taken: the configured one, or the first that was seen. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import { writeWholeFile } from '../../whole-file.ts'

export class ServerTrust {
  private readonly configured: string | undefined
  private readonly file: string

  constructor(folder: string, configured: string | undefined) {
    this.configured = configured
    this.file = join(folder, 'server.sha256')
  }

  /** @throws AppError `edge.bus_disconnected` for a certificate that is not the one. */
  check(certificate: Uint8Array): void {
    const shown = thumbprint(certificate)
    const wanted = this.configured ?? this.pinned()
    if (wanted === null || shown === wanted) return
    const remedy =
      this.configured === undefined ? `if that is meant, remove ${this.file}` : 'see trustedServerSha256'
    throw new AppError(
      errorCodes.busDisconnected,
      `the server shows another certificate (SHA-256 ${shown}) than the trusted one (${wanted}); ${remedy}`,
    )
  }

  /** The server has proved that the certificate is its own: from now on no other is taken. */
  keep(certificate: Uint8Array): void {
    if (this.configured === undefined && this.pinned() === null)
      writeWholeFile(this.file, `${thumbprint(certificate)}\n`)
  }

  private pinned(): string | null {
    try {
      return readFileSync(this.file, 'utf8').trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }
}

function thumbprint(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('hex')
}
