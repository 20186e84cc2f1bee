/** From a device's address and its profile's points to node ids, learned once per session. */
import { AppError } from '@courtyard/protocols/contract'
import type { BrowsePath } from 'node-opcua-client'
import { errorCodes } from '../../errors.ts'
import type { OpcuaAddress } from './opcua.config.ts'
import type { OpcuaSession } from './opcua.session.ts'
import { atRoot, parseBrowseName, withNamespaceIndex } from './node-names.ts'

const OBJECTS_FOLDER = 'i=85'

/** A variable of the server, as a profile names it. */
export interface NodePlace {
  readonly nodeId?: string | undefined
  readonly path?: readonly string[] | undefined
}

/** Where it is, or why it is nowhere. */
export type FoundNode = { readonly nodeId: string } | { readonly missing: string }

/** @throws AppError `edge.request_refused` when the address leads nowhere; and as `OpcuaSession.call` */
export async function resolveRoot(session: OpcuaSession, { root, path }: OpcuaAddress): Promise<string> {
  if (root !== undefined) return withNamespaceIndex(root, session.namespaces)
  const [found] = await translate(session, OBJECTS_FOLDER, [path!])
  if (found && 'nodeId' in found) return found.nodeId
  throw new AppError(errorCodes.requestRefused, `the server has no ${path!.join('/')} below Objects (${found?.missing ?? ''})`)
} // prettier-ignore

/** In the order of the places. @throws AppError as `OpcuaSession.call` */
export async function resolveNodes(
  session: OpcuaSession,
  root: string,
  places: readonly NodePlace[],
): Promise<FoundNode[]> {
  const found = places.map((place) => direct(session, root, place))
  const open = places.flatMap((place, index) => (found[index] ? [] : [{ index, path: place.path! }]))
  const walked = await translate(
    session,
    root,
    open.map(({ path }) => path),
  )
  for (const [position, { index }] of open.entries()) found[index] = walked[position]!
  return found.map((node) => node ?? { missing: 'BadNoMatch' })
}

function direct(session: OpcuaSession, root: string, { nodeId }: NodePlace): FoundNode | null {
  if (nodeId === undefined) return null
  try {
    const text = withNamespaceIndex(atRoot(nodeId, root), session.namespaces)
    return { nodeId: session.library.resolveNodeId(text).toString() }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}

/** TranslateBrowsePathsToNodeIds (OPC 10000-4, 5.9.4), along hierarchical references. */
async function translate(session: OpcuaSession, from: string, paths: readonly (readonly string[])[]): Promise<FoundNode[]> {
  const results: FoundNode[] = []
  const { translate: atMost } = session.limits
  for (let start = 0; start < paths.length; start += atMost) {
    const asked = paths.slice(start, start + atMost).map((path) => browsePath(session, from, path))
    const questions = asked.flatMap((each) => ('missing' in each ? [] : [each]))
    const answers = questions.length === 0 ? [] : await session.call((raw) => raw.translateBrowsePath(questions))
    const next = answers.values()
    for (const each of asked) {
      if ('missing' in each) {
        results.push(each)
        continue
      }
      const answer = next.next().value
      // A target with a remaining path lies in another server (OPC 10000-4, 7.5).
      const target = answer?.targets?.find(({ remainingPathIndex }) => remainingPathIndex === 0xffff_ffff)
      results.push(target ? { nodeId: target.targetId.toString() } : { missing: answer?.statusCode.name ?? 'BadNoMatch' })
    }
  }
  return results
} // prettier-ignore

function browsePath(session: OpcuaSession, from: string, path: readonly string[]): BrowsePath | { missing: string } {
  const { BrowsePath, resolveNodeId } = session.library
  try {
    const elements = path.map((text) => {
      const targetName = parseBrowseName(text, session.namespaces)
      return { referenceTypeId: resolveNodeId('HierarchicalReferences'), isInverse: false, includeSubtypes: true, targetName }
    })
    return new BrowsePath({ startingNode: resolveNodeId(from), relativePath: { elements } })
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
} // prettier-ignore
