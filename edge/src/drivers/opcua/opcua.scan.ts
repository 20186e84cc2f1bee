/** Browses below Objects for things that look like devices: objects with variables that hold numbers. Bounded. */
import type { ReferenceDescription } from 'node-opcua-client'
import type { DriverContext, FoundDevice } from '../driver.ts'
import type { OpcuaBusConfig } from './opcua.config.ts'
import { OpcuaLink } from './opcua.link.ts'
import type { OpcuaSession } from './opcua.session.ts'

const OBJECTS_FOLDER = 'i=85'
/** Node classes (OPC 10000-3, 8.29); also their bits in a mask. */
const OBJECT = 1
const VARIABLE = 2
const MAX_NODES = 5_000
const MAX_DEPTH = 8
const MAX_NAMES = 12

interface Place {
  readonly nodeId: string
  readonly name: string
  readonly depth: number
}

export async function scanOpcua(
  context: DriverContext<OpcuaBusConfig>,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const link = new OpcuaLink(context)
  const onAbort = () => void link.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await browseAll(await link.get(), onFound, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await link.stop()
  }
}

/** Level by level, each node once: address spaces have circles. */
async function browseAll(
  session: OpcuaSession,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>([OBJECTS_FOLDER])
  let level: Place[] = [{ nodeId: OBJECTS_FOLDER, name: '', depth: 0 }]
  while (level.length > 0 && !signal.aborted) {
    const next: Place[] = []
    for (
      let from = 0;
      from < level.length && seen.size < MAX_NODES && !signal.aborted;
      from += session.limits.browse
    ) {
      const places = level.slice(from, from + session.limits.browse)
      const children = await childrenOf(session, places)
      for (const [index, place] of places.entries())
        next.push(...take(place, children[index] ?? [], seen, onFound))
    }
    level = next
  }
}

function take(
  place: Place,
  children: readonly ReferenceDescription[],
  seen: Set<string>,
  onFound: (found: FoundDevice) => void,
): Place[] {
  const variables = children.filter(({ nodeClass }) => Number(nodeClass) === VARIABLE)
  if (place.depth > 0 && variables.length > 0) onFound(deviceOf(place, variables))
  if (place.depth >= MAX_DEPTH) return []
  return children.flatMap((child) => {
    const nodeId = child.nodeId.toString()
    // Namespace 0 is the server's own description.
    if (
      Number(child.nodeClass) !== OBJECT ||
      child.nodeId.namespace === 0 ||
      seen.has(nodeId) ||
      seen.size >= MAX_NODES
    )
      return []
    seen.add(nodeId)
    const name = `${place.name}${place.name ? '/' : ''}${child.browseName.toString()}`
    return [{ nodeId, name, depth: place.depth + 1 }]
  })
}

function deviceOf({ nodeId, name }: Place, variables: readonly ReferenceDescription[]): FoundDevice {
  const names = variables.slice(0, MAX_NAMES).map(({ browseName }) => browseName.name ?? '?')
  const more = variables.length > names.length ? ` and ${variables.length - names.length} more` : ''
  return { address: { root: nodeId }, text: `${name}: ${names.join(', ')}${more}`, profile: null }
}

/** Browse and BrowseNext (OPC 10000-4, 5.9.2 and 5.9.3): objects and variables of each place. */
async function childrenOf(session: OpcuaSession, places: readonly Place[]): Promise<ReferenceDescription[][]> {
  const { BrowseDirection, resolveNodeId } = session.library
  const questions = places.map(({ nodeId }) => ({
    nodeId,
    referenceTypeId: resolveNodeId('HierarchicalReferences'),
    browseDirection: BrowseDirection.Forward,
    includeSubtypes: true,
    nodeClassMask: OBJECT | VARIABLE,
    resultMask: 63,
  }))
  const results = await session.call((raw) => raw.browse(questions))
  const children: ReferenceDescription[][] = []
  for (const result of results) {
    const found = [...(result.references ?? [])]
    let from = result.continuationPoint as Buffer | null
    while (from && from.length > 0) {
      // At the limit the server is told to forget where we were.
      const [at, isEnough] = [from, found.length > MAX_NODES]
      const more = await session.call((raw) => raw.browseNext(at, isEnough))
      found.push(...(more.references ?? []))
      from = isEnough ? null : more.continuationPoint
    }
    children.push(found)
  }
  return children
} // prettier-ignore
