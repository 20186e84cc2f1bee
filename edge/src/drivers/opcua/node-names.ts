/** Node ids and browse names as people and profiles write them. Pure. */
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'

export interface BrowseName {
  readonly namespaceIndex: number
  readonly name: string
}

function refused(text: string): AppError {
  return new AppError(errorCodes.requestRefused, text)
}

/** Index of a namespace URI. @throws AppError `edge.request_refused` when the server does not have it. */
function indexOf(uri: string, namespaces: readonly string[]): number {
  const index = namespaces.indexOf(uri)
  if (index < 0) throw refused(`the server has no namespace ${uri}`)
  return index
}

/** `nsu=urn:plant;s=X` → `ns=3;s=X`: the index of a namespace may change when the server starts (OPC 10000-6, 5.3.1.10). */
export function withNamespaceIndex(nodeId: string, namespaces: readonly string[]): string {
  const match = /^nsu=([^;]+);(.*)$/s.exec(nodeId)
  return match ? `ns=${indexOf(match[1]!, namespaces)};${match[2]!}` : nodeId
}

/** `2:Meter1`, or `nsu=http://…/;Meter1`. @throws AppError `edge.request_refused` */
export function parseBrowseName(text: string, namespaces: readonly string[]): BrowseName {
  const byUri = /^nsu=([^;]+);(.+)$/s.exec(text)
  if (byUri) return { namespaceIndex: indexOf(byUri[1]!, namespaces), name: byUri[2]! }
  const byIndex = /^(\d+):(.+)$/s.exec(text)
  if (!byIndex) throw refused(`${text} is no browse name`)
  return { namespaceIndex: Number(byIndex[1]), name: byIndex[2]! }
}

/** The profile's node id with the device's root in its place. */
export function atRoot(nodeId: string, root: string): string {
  return nodeId.replaceAll('{root}', () => root)
}
