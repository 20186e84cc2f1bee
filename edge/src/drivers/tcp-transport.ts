import { connect, type OnReadOpts, type Socket } from 'node:net'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { ConnectTcp, TcpReceiver } from './driver.ts'

/** A real TCP connection. @throws AppError `edge.bus_disconnected` when it cannot be made in time. */
export const connectTcp: ConnectTcp = ({ host, port }, timeoutMs, receiver) =>
  new Promise<Socket>((resolve, reject) => {
    const settings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }
    const socket = connect({ host, port, ...settings, ...(receiver && { onread: onRead(receiver) }) })
    const fail = (reason: string, cause?: unknown) => {
      clearTimeout(timer)
      socket.destroy()
      reject(new AppError(errorCodes.busDisconnected, `${host}:${port}: ${reason}`, { cause }))
    }
    const timer = setTimeout(() => fail(`no connection within ${timeoutMs} ms`), timeoutMs)
    const onError = (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error)
    socket.once('error', onError)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeListener('error', onError)
      resolve(socket)
    })
  })

function onRead({ buffer, onBytes }: TcpReceiver): OnReadOpts {
  return {
    buffer,
    callback: (count, bytes) => {
      onBytes(bytes.subarray(0, count))
      return true
    },
  }
}
