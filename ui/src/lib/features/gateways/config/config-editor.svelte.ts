import type { ConfigIssue, ManagedConfig, RouteResponse } from '@courtyard/protocols/contract'
import { diffConfigs } from './config-diff.ts'
import { checkFields, checkKeys, checkNode, isMeant, type FormIssue } from './form-checks.ts'
import { fieldsOf, formOf, type Field, type Node } from './form-model.ts'
import { joinIssues, placeIssues, type PlacedIssue } from './issue-places.ts'
import { formatPath, getAt, sameContent, setAt, type Fields, type Path } from './paths.ts'
import { issueWords } from './issue-words.ts'

export type SchemaAnswer = NonNullable<RouteResponse<'GET /api/gateways/:id/schema'>>
const EMPTY: ManagedConfig = { buses: [], devices: [] }
/** Changes of one field within this time are one step back. */
const TYPING_MS = 1500

/** A configuration that is being edited: steps back and forth, faults, and what differs from where it began. */
export class ConfigEditor {
  #config = $state.raw<ManagedConfig>(EMPTY)
  #past = $state.raw<readonly ManagedConfig[]>([])
  #future = $state.raw<readonly ManagedConfig[]>([])
  #lastEdit: { path: string; at: number } | null = null
  #checked = $state.raw<{ config: ManagedConfig; issues: readonly ConfigIssue[] } | null>(null)
  /** What it began with: the difference to it is what would be saved. */
  base = $state.raw<ManagedConfig>(EMPTY)
  /** Number of the newest revision that was known when it began. */
  basedOn = $state.raw<number | null>(null)
  readonly schema: () => SchemaAnswer | null
  readonly #deviceIssues = new WeakMap<Fields, { driver: Driver | null; issues: FormIssue[] }>()

  constructor(schema: () => SchemaAnswer | null) {
    this.schema = schema
  }

  get config(): ManagedConfig {
    return this.#config
  }
  get dirty(): boolean {
    return !sameContent(this.#config, this.base)
  }
  get canUndo(): boolean {
    return this.#past.length > 0
  }
  get canRedo(): boolean {
    return this.#future.length > 0
  }
  differences = $derived.by(() => diffConfigs(this.base, this.#config))
  /** What the form sees by itself, and what the hub or the gateway said about what still stands there. */
  issues = $derived.by((): PlacedIssue[] => {
    const own = this.#ownIssues().map((issue) => ({ path: issue.path, reason: issueWords(issue) }))
    const told = this.#checked ? placeIssues(this.#checked.issues, this.#checked.config, this.#config) : []
    return joinIssues(
      own,
      told.filter((issue) => this.#isMeant(issue.path)),
    )
  })

  /** Begins anew with a configuration that the hub knows. */
  load(config: ManagedConfig, basedOn: number | null): void {
    this.base = this.#config = config
    this.basedOn = basedOn
    this.#past = this.#future = []
    this.#checked = null
    this.#lastEdit = null
  }
  /** Takes the place of everything, as one step that can be taken back. */
  replace(config: ManagedConfig): void {
    this.#step(config, null)
  }
  /** Undefined takes the field or entry away. */
  set(path: Path, value: unknown): void {
    const next = setAt(this.#config, path, value) as ManagedConfig
    if (!sameContent(next, this.#config)) this.#step(next, formatPath(path))
  }
  add(list: 'buses' | 'devices', ...entries: readonly Fields[]): void {
    this.#step({ ...this.#config, [list]: [...this.#config[list], ...entries] }, null)
  }
  undo(): void {
    const previous = this.#past.at(-1)
    if (!previous) return
    this.#future = [this.#config, ...this.#future]
    this.#past = this.#past.slice(0, -1)
    this.#config = previous
    this.#lastEdit = null
  }
  redo(): void {
    const [next, ...later] = this.#future
    if (!next) return
    this.#past = [...this.#past, this.#config]
    this.#future = later
    this.#config = next
    this.#lastEdit = null
  }
  /** Faults that the hub or the gateway found in the configuration as it is now. */
  setChecked(issues: readonly ConfigIssue[]): void {
    this.#checked = { config: this.#config, issues }
  }

  at(path: Path): unknown {
    return getAt(this.#config, path)
  }
  driver(id: unknown): SchemaAnswer['drivers'][number] | null {
    return this.schema()?.drivers.find((driver) => driver.id === id) ?? null
  }
  /** Driver of the bus that a device hangs on. */
  driverOf(device: Fields): SchemaAnswer['drivers'][number] | null {
    return this.driver(this.#config.buses.find((bus) => bus['key'] === device['bus'])?.['driver'])
  }

  #step(next: ManagedConfig, path: string | null): void {
    const now = Date.now()
    const typing = path !== null && this.#lastEdit?.path === path && now - this.#lastEdit.at < TYPING_MS
    if (!typing) this.#past = [...this.#past.slice(-199), this.#config]
    this.#lastEdit = path === null ? null : { path, at: now }
    this.#future = []
    this.#config = next
  }

  #ownIssues(): FormIssue[] {
    const schema = this.schema()
    if (!schema) return []
    const { buses, devices, outbox, uplink } = this.#config
    return [
      ...checkKeys(buses, devices),
      ...buses.flatMap((bus, index) => this.#busIssues(bus, ['buses', index])),
      ...devices.flatMap((device, index) => this.deviceIssues(device, ['devices', index])),
      ...checkFields(forms(schema).outbox, outbox ?? {}, ['outbox']),
      ...checkFields(forms(schema).uplink, uplink ?? {}, ['uplink']),
    ]
  }
  #busIssues(bus: Fields, path: Path): FormIssue[] {
    const { key, driver: id, ...own } = bus
    const driver = this.driver(id)
    const missing: FormIssue[] = key ? [] : [{ path: [...path, 'key'], code: 'missing', value: '' }]
    if (!driver) return [...missing, { path: [...path, 'driver'], code: 'missing', value: '' }]
    return [...missing, ...checkFields(busFields(driver), own, path)]
  }
  /** Of one device, at a path of the caller's choice. Found once for each state of a device: sites have thousands. */
  deviceIssues(device: Fields, path: Path): FormIssue[] {
    const driver = this.driverOf(device)
    let found = this.#deviceIssues.get(device)
    if (found?.driver !== driver) {
      found = { driver, issues: this.#checkDevice(device, driver) }
      this.#deviceIssues.set(device, found)
    }
    return found.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))
  }
  /** Of what was reported on a bus or an address, only what concerns the chosen kind. */
  #isMeant([list, index, ...rest]: Path): boolean {
    if (typeof index !== 'number') return true
    if (list === 'buses') {
      const bus = this.#config.buses[index]
      const driver = this.driver(bus?.['driver'])
      if (!bus || !driver || rest[0] === 'key' || rest[0] === 'driver') return true
      return isMeant({ kind: 'group', fields: busFields(driver) }, bus, rest)
    }
    const device = this.#config.devices[index]
    const driver = device && this.driverOf(device)
    return !driver || rest[0] !== 'address' || isMeant(addressForm(driver), device['address'], rest.slice(1))
  }
  #checkDevice(device: Fields, driver: Driver | null): FormIssue[] {
    const schema = this.schema()
    if (!schema) return []
    const { address, ...own } = device
    return [
      ...checkFields(forms(schema).device, own),
      ...(driver ? checkNode(addressForm(driver), address ?? {}, ['address']) : []),
    ]
  }
}

interface Forms {
  readonly device: readonly Field[]
  readonly outbox: readonly Field[]
  readonly uplink: readonly Field[]
}
const formCache = new WeakMap<object, Forms>()
/** Forms are made once of each schema. */
export function forms(schema: SchemaAnswer): Forms {
  let found = formCache.get(schema)
  if (!found) {
    found = {
      device: fieldsOf(schema.device, ['address']),
      outbox: fieldsOf(schema.outbox),
      uplink: fieldsOf(schema.uplink),
    }
    formCache.set(schema, found)
  }
  return found
}
type Driver = SchemaAnswer['drivers'][number]
const busCache = new WeakMap<object, readonly Field[]>()
export function busFields(driver: Driver): readonly Field[] {
  let found = busCache.get(driver)
  if (!found) busCache.set(driver, (found = fieldsOf(driver.bus, ['key', 'driver'])))
  return found
}
const addressCache = new WeakMap<object, Node>()
export function addressForm(driver: Driver): Node {
  let found = addressCache.get(driver)
  if (!found) addressCache.set(driver, (found = formOf(driver.address)))
  return found
}
