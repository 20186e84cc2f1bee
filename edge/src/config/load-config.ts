/** Site file → checked configuration, or every fault of it at once with path, line and reason. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import { AppError, type InputIssue, type ManagedConfig } from '@courtyard/protocols/contract'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import type { DriverDefinition } from '../drivers/driver.ts'
import { findDriver } from '../drivers/registry.ts'
import { errorCodes } from '../errors.ts'
import { checkHub, crossCheck } from './cross-checks.ts'
import { formatPath, issuesOf, type PathIssue } from './issues.ts'
import { LocalSchema, managedKeys, SiteSchema, type SiteFile } from './site.schema.ts'

export interface ConfigIssue extends InputIssue {
  /** Line in the file, from 1; absent when the file could not be read. */
  readonly line?: number
}

export interface SiteDevice {
  readonly key: string
  readonly name: string
  readonly profile: DeviceProfile
  /** Checked by the driver's schema. */
  readonly address: unknown
  readonly serial: string | undefined
  /** Milliseconds between polls for each group of the profile. */
  readonly intervals: Readonly<Record<string, number>>
}

export interface SiteBus {
  readonly key: string
  readonly definition: DriverDefinition
  /** Checked by the driver's schema; without `key` and `driver`. */
  readonly config: unknown
  readonly devices: readonly SiteDevice[]
}

/** The site file with every reference resolved and every default filled in. */
export interface SiteConfig {
  readonly gateway: SiteFile['gateway']
  readonly hub: SiteFile['hub']
  readonly outbox: SiteFile['outbox']
  readonly uplink: SiteFile['uplink']
  readonly buses: readonly SiteBus[]
  /** Where buses, devices, outbox and uplink come from, and what was written there, secrets included. */
  readonly source: ConfigOrigin
}

export interface ConfigOrigin {
  /** Revision from the hub; null: the box's own file. */
  readonly revision: string | null
  readonly managed: ManagedConfig
}

/** The part of the site file that always stays at the box. */
export type LocalConfig = Pick<SiteConfig, 'gateway' | 'hub'>

type Profiles = ReadonlyMap<string, DeviceProfile>

/** @throws AppError `edge.config_invalid`; `details.issues` is a ConfigIssue[] with all faults. */
export function loadSiteConfig(file: string): SiteConfig {
  return SiteText.read(file).site(loadProfiles())
}

export function parseSiteConfig(text: string, file: string, profiles: Profiles): SiteConfig {
  return new SiteText(text, file).site(profiles)
}

/** A site file that is YAML at least; what it says is checked by the part that is wanted. */
export class SiteText {
  readonly file: string
  private readonly lines = new LineCounter()
  private readonly document: Document
  private readonly raw: unknown

  /** @throws AppError `edge.config_invalid` when the text is no YAML. */
  constructor(text: string, file: string) {
    this.file = file
    this.document = parseDocument(text, { lineCounter: this.lines })
    if (this.document.errors.length > 0) {
      const issues = this.document.errors.map((error) => ({
        path: '',
        line: this.lines.linePos(error.pos[0]).line,
        reason: error.message.split('\n')[0]!,
      }))
      throw configError(file, issues)
    }
    this.raw = toJs(this.document, file)
  }

  /** @throws AppError `edge.config_invalid` when the file cannot be read or is no YAML. */
  static read(file: string): SiteText {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (cause) {
      const reason = `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`
      throw configError(file, [{ path: '', reason }], cause)
    }
    return new SiteText(text, file)
  }

  /** The whole file. @throws AppError `edge.config_invalid` with all its faults. */
  site(profiles: Profiles): SiteConfig {
    const parsed = SiteSchema.safeParse(this.raw)
    const faults = [...issuesOf(parsed), ...crossCheck(this.raw, profiles)]
    if (!parsed.success || faults.length > 0) throw this.fault(faults)
    const local = this.resolveLocal(parsed.data)
    return resolveSite(local, parsed.data, { revision: null, managed: this.managed() }, profiles)
  }

  /** `gateway` and `hub` only; faults of the rest don't count. @throws AppError `edge.config_invalid`. */
  local(): LocalConfig {
    const own = isEntry(this.raw)
      ? Object.fromEntries(Object.entries(this.raw).filter(([key]) => !isManaged(key)))
      : this.raw
    const parsed = LocalSchema.safeParse(own)
    const faults = [...issuesOf(parsed), ...checkHub(own)]
    if (!parsed.success || faults.length > 0) throw this.fault(faults)
    return this.resolveLocal(parsed.data)
  }

  /** What the file says about the part that the hub may manage; empty lists when it says nothing. */
  managed(): ManagedConfig {
    const { buses, devices, outbox, uplink } = (isEntry(this.raw) ? this.raw : {}) as Partial<ManagedConfig>
    return {
      buses: buses ?? [],
      devices: devices ?? [],
      ...(outbox ? { outbox } : {}),
      ...(uplink ? { uplink } : {}),
    }
  }

  private resolveLocal({ gateway, hub }: Pick<SiteFile, 'gateway' | 'hub'>): LocalConfig {
    const folder = dirname(resolve(this.file))
    const caFile = hub.caFile === undefined ? {} : { caFile: resolve(folder, hub.caFile) }
    return { gateway: { ...gateway, dataDir: resolve(folder, gateway.dataDir) }, hub: { ...hub, ...caFile } }
  }

  private fault(faults: readonly PathIssue[]): AppError {
    const issues = faults.map((fault) => ({
      path: formatPath(fault.path),
      ...lineOf(this.document, this.lines, fault),
      reason: fault.reason,
    }))
    return configError(this.file, issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))) // prettier-ignore
  }
}

/**
 * The box's own part with a configuration from the hub: the same checks as for a file.
 * @throws AppError `edge.config_invalid`; paths as in a site file.
 */
export function resolveManaged(
  local: LocalConfig,
  managed: ManagedConfig,
  revision: string,
  profiles: Profiles,
): SiteConfig {
  const { gateway, hub } = local
  const raw = { gateway, hub, ...managed }
  const parsed = SiteSchema.safeParse(raw)
  const faults = [...issuesOf(parsed), ...crossCheck(raw, profiles)]
  if (!parsed.success || faults.length > 0) {
    const issues = faults.map(({ path, reason }) => ({ path: formatPath(path), reason }))
    throw configError(`configuration ${revision} of the hub`, issues)
  }
  return resolveSite(local, parsed.data, { revision, managed }, profiles)
}

function isEntry(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isManaged(key: string): boolean {
  return (managedKeys as readonly string[]).includes(key)
}

/** Aliases are only followed here: one without anchor, or too many of them, are faults of the file as well. */
function toJs(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw configError(file, [{ path: '', reason }], cause)
  }
}

function resolveSite(
  { gateway, hub }: LocalConfig,
  site: Pick<SiteFile, 'outbox' | 'uplink' | 'buses' | 'devices'>,
  source: ConfigOrigin,
  profiles: Profiles,
): SiteConfig {
  const { outbox, uplink } = site
  const buses = site.buses.map(({ key, driver, ...config }) => {
    const definition = findDriver(driver)!
    const devices = site.devices
      .filter((device) => device.bus === key && !device.disabled)
      .map((device) => resolveDevice(device, definition, profiles.get(device.profile)!))
    return { key, definition, config, devices }
  })
  return { gateway, hub, outbox, uplink, buses, source }
}

function resolveDevice(
  device: SiteFile['devices'][number],
  definition: DriverDefinition,
  profile: DeviceProfile,
): SiteDevice {
  const groups = Object.entries(profile.groups)
  return {
    key: device.key,
    name: device.name,
    profile,
    address: definition.addressSchema.parse(device.address),
    serial: device.serial,
    intervals: Object.fromEntries(
      groups.map(([group, { intervalMs }]) => [group, device.intervals?.[group] ?? intervalMs]),
    ),
  }
}

/** The line of the fault, or of the nearest thing around it that the file has. */
function lineOf(document: Document, lines: LineCounter, fault: PathIssue): { line?: number } {
  for (let depth = fault.path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(fault.path.slice(0, depth), true)
    if (isNode(node) && node.range) return { line: lines.linePos(node.range[0]).line }
  }
  return {}
}

function configError(file: string, issues: readonly ConfigIssue[], cause?: unknown): AppError {
  return new AppError(errorCodes.configInvalid, `${file} has ${issues.length} fault(s)`, {
    cause,
    details: { issues },
  })
}

/** The faults of an `edge.config_invalid`, one line each, for people. */
export function formatConfigError(error: AppError): string {
  const issues = (error.details['issues'] ?? []) as readonly ConfigIssue[]
  const lines = issues.map(({ path, line, reason }) => {
    const place = [line === undefined ? '' : `line ${line}`, path].filter(Boolean).join(', ')
    return place ? `  ${place}: ${reason}` : `  ${reason}`
  })
  return [`${error.message}:`, ...lines].join('\n')
}
