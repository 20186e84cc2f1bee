import { connect, type Socket } from 'node:net'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { ConnectTcp } from './driver.ts'

/** A real TCP connection. @throws AppError `edge.bus_disconnected` when it cannot be made in time. */
export const connectTcp: ConnectTcp = ({ host, port }, timeoutMs) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 })
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
