/** Site file → checked configuration, or every fault of it at once with path, line and reason. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import { AppError, type InputIssue } from '@courtyard/protocols/contract'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import type { DriverDefinition } from '../drivers/driver.ts'
import { findDriver } from '../drivers/registry.ts'
import { errorCodes } from '../errors.ts'
import { crossCheck } from './cross-checks.ts'
import { formatPath, issuesOf, type PathIssue } from './issues.ts'
import { SiteSchema, type SiteFile } from './site.schema.ts'

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
}

/** @throws AppError `edge.config_invalid`; `details.issues` is a ConfigIssue[] with all faults. */
export function loadSiteConfig(file: string): SiteConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`
    throw configError(file, [{ path: '', reason }], cause)
  }
  return parseSiteConfig(text, file, loadProfiles())
}

export function parseSiteConfig(
  text: string,
  file: string,
  profiles: ReadonlyMap<string, DeviceProfile>,
): SiteConfig {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) {
    const issues = document.errors.map((error) => ({
      path: '',
      line: lines.linePos(error.pos[0]).line,
      reason: error.message.split('\n')[0]!,
    }))
    throw configError(file, issues)
  }
  const raw = toJs(document, file)
  const parsed = SiteSchema.safeParse(raw)
  const faults = [...issuesOf(parsed), ...crossCheck(raw, profiles)]
  if (!parsed.success || faults.length > 0) {
    const issues = faults.map((fault) => ({
      path: formatPath(fault.path),
      ...lineOf(document, lines, fault),
      reason: fault.reason,
    }))
    throw configError(file, issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))) // prettier-ignore
  }
  return resolveSite(parsed.data, dirname(resolve(file)), profiles)
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
  site: SiteFile,
  folder: string,
  profiles: ReadonlyMap<string, DeviceProfile>,
): SiteConfig {
  const { gateway, hub, outbox, uplink } = site
  const buses = site.buses.map(({ key, driver, ...config }) => {
    const definition = findDriver(driver)!
    const devices = site.devices
      .filter((device) => device.bus === key && !device.disabled)
      .map((device) => resolveDevice(device, definition, profiles.get(device.profile)!))
    return { key, definition, config, devices }
  })
  return { gateway: { ...gateway, dataDir: resolve(folder, gateway.dataDir) }, hub, outbox, uplink, buses }
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
