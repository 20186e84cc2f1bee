/** `courtyard-edge probe`: reads a device once and prints what it says. */
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, Quality, type ProbeLine } from '@courtyard/protocols/contract'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { systemClock } from '../clock.ts'
import type { DriverDefinition } from '../drivers/driver.ts'
import { errorCodes } from '../errors.ts'
import { ConfigSource } from '../fleet/index.ts'
import { probeDevice, probeLines, type ProbeResult } from '../fleet/probe.ts'
import { causeInChinese } from '../status/cause-text.ts'
import { languageOf, noMore, print, readOptions, usageError } from './command.ts'
import { addressFrom, busFrom, driverHelp, driverNamed } from './driver-options.ts'
import { looseContext } from './loose-context.ts'
import { plain, table } from './table.ts'

const help = `courtyard-edge probe --driver D --address A [--profile P] [--set key=value …] [--bus '{…}']
courtyard-edge probe --config site.yaml --device KEY

  --driver D       a driver; with --help it lists its options
  --address A      where the device is on the bus: key=value,key=value, or the value alone where one is enough
  --profile P      what the device is; without it every profile of the driver is tried and the fitting ones listed
  --set k=v        an option of the bus, such as --set transport.host=10.0.0.5; any number of them
  --bus '{…}'      options of the bus as YAML or JSON
  --config F       take driver, bus, address and profile from a site file; stop its agent first where only one
  --device KEY     can use the bus
  --time-zone Z    of the device's clock (default Asia/Shanghai)
  --wait SECONDS   how long to listen to a device that speaks by itself (default 10)
  --json           as JSON, for programs

Exit code 0: the device answered; 1: it did not; 2: the command is wrong.
`

interface Target {
  readonly definition: DriverDefinition
  readonly bus: unknown
  readonly address: unknown
  readonly timeZone: string
  readonly waitMs: number
}

export async function probe(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(args, {
    driver: { type: 'string' },
    address: { type: 'string' },
    profile: { type: 'string' },
    bus: { type: 'string' },
    set: { type: 'string', multiple: true },
    config: { type: 'string' },
    device: { type: 'string' },
    'time-zone': { type: 'string' },
    wait: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  noMore(positionals)
  if (values.help) return print(values.driver === undefined ? help : `${help}\n${driverHelp(driverNamed(values.driver, help))}`) // prettier-ignore
  const waitMs = secondsOf(values.wait) * 1000
  if (values.config !== undefined) {
    const { profile, ...target } = configured(values.config, values.device)
    return show(await read({ ...target, waitMs }, profile), values.json ?? false)
  }
  if (values.driver === undefined) throw usageError('--driver is missing (or --config and --device)', help)
  const definition = driverNamed(values.driver, help)
  const more = `${help}\n${driverHelp(definition)}`
  const target: Target = {
    definition,
    bus: busFrom(definition, values.bus, values.set ?? [], more),
    address: addressFrom(definition, values.address, more),
    timeZone: values['time-zone'] ?? 'Asia/Shanghai',
    waitMs,
  }
  const known = [...loadProfiles().values()].filter((profile) => profile.driver === definition.id)
  if (values.profile === undefined) return showFitting(target, known, values.json ?? false)
  const profile = known.find(({ id }) => id === values.profile)
  if (!profile) throw usageError(`driver ${definition.id} has no profile "${values.profile}"; courtyard-edge profiles --driver ${definition.id} lists them`, help) // prettier-ignore
  return show(await read(target, profile), values.json ?? false)
}

function secondsOf(text: string | undefined): number {
  const seconds = Number(text ?? 10)
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 3_600) throw usageError('--wait is a number of seconds', help) // prettier-ignore
  return seconds
}

function configured(
  file: string,
  key: string | undefined,
): Omit<Target, 'waitMs'> & { profile: DeviceProfile } {
  const site = new ConfigSource(file, () => systemClock.nowMs()).load()
  for (const bus of site.buses) {
    const device = bus.devices.find((each) => each.key === key)
    if (!device) continue
    const { definition, config } = bus
    return { definition, bus: config, address: device.address, profile: device.profile, timeZone: site.gateway.timeZone } // prettier-ignore
  }
  const keys = site.buses.flatMap((bus) => bus.devices.map((device) => device.key))
  const some = `${keys.slice(0, 20).join(', ')}${keys.length > 20 ? ' …' : ''}`
  throw usageError(key === undefined ? `--device is missing; there are ${some}` : `${file} has no device "${key}"; there are ${some}`, help) // prettier-ignore
}

/** Everything once; a device that speaks by itself is listened to. */
async function read(target: Target, profile: DeviceProfile): Promise<ProbeResult> {
  const context = looseContext(target.bus, target.timeZone)
  const key = 'probe'
  const driver = target.definition.create(context, [{ key, address: target.address, profile }])
  try {
    await driver.start?.()
    const speaksOnly = driver.start !== undefined && Object.keys(profile.groups).length === 0
    if (!speaksOnly) {
      const result = await probeDevice(driver, { key, profile }, context.offer)
      if (result.answered || !driver.start) return result
    }
    return await listen(context, profile, target.waitMs)
  } finally {
    await driver.stop()
    context.end()
  }
}

async function listen(context: ReturnType<typeof looseContext>, profile: DeviceProfile, waitMs: number): Promise<ProbeResult> {
  const until = performance.now() + waitMs
  const readings = () => context.emissions.flatMap((emission) => emission.readings ?? [])
  const wanted = profile.points.filter((point) => !point.optional).length
  while (performance.now() < until) {
    if (wanted > 0 && new Set(readings().map(({ point }) => point)).size >= wanted) break
    await delay(100)
  }
  const failure = context.notes.get('probe')
  const heard = context.emissions.length > 0 || failure === null
  const silence = `nothing was heard within ${Math.round(waitMs / 1000)} seconds; --wait listens longer`
  return { answered: heard, message: failure?.message ?? (heard ? null : silence), latencyMs: null, points: probeLines(profile, readings()) }
} // prettier-ignore

function show(result: ProbeResult, json: boolean): number {
  const code = result.answered ? 0 : 1
  if (json) {
    print(`${JSON.stringify(result, null, 2)}\n`)
    return code
  }
  const zh = languageOf(process.env) === 'zh'
  if (result.points.length > 0) print(pointTable(result.points, zh))
  if (result.answered) {
    if (result.latencyMs !== null) print(`\n${zh ? '响应' : 'reply in'} ${result.latencyMs.toFixed(1)} ms\n`)
    if (result.message !== null) print(`${zh ? causeInChinese(result.message) : result.message}\n`)
    return code
  }
  const reason = result.message ?? 'no answer'
  const next = zh
    ? '请检查地址、接线和串口参数；courtyard-edge scan 可查找总线上的设备'
    : 'Check address, wiring and line settings; courtyard-edge scan looks for devices on the bus.'
  process.stderr.write(`${zh ? `设备未应答：${causeInChinese(reason)}` : `the device did not answer: ${reason}`}\n${next}\n`) // prettier-ignore
  return code
}

function pointTable(points: readonly ProbeLine[], zh: boolean): string {
  const head = zh ? ['点', '值', '单位', '质量', '名称'] : ['point', 'value', 'unit', 'quality', 'label']
  const qualities = zh ? ['正常', '可疑', '无效', '超时', '被拒绝', '断开'] : Object.keys(Quality)
  const rows = points.map((line) => [line.point, line.value ?? '–', line.unit, qualities[line.quality]!, zh ? line.zh : line.en]) // prettier-ignore
  return table([head, ...rows.map((row) => row.map(plain))], [1])
}

interface Fit {
  readonly profile: DeviceProfile
  readonly good: number
  readonly asked: number
}

/** Reads the device with every profile; a wire that does not work ends it at once. */
async function showFitting(target: Target, known: readonly DeviceProfile[], json: boolean): Promise<number> {
  const fits: Fit[] = []
  let reason = 'no profile of this driver'
  for (const profile of known) {
    if (Object.keys(profile.groups).length === 0) continue
    const result = await read({ ...target, waitMs: 0 }, profile)
    if (!result.answered) reason = result.message ?? reason
    const good = result.points.filter((point) => point.quality === Quality.good).length
    fits.push({ profile, good, asked: result.points.length })
    if (!result.answered && result.points.some((point) => point.quality === Quality.disconnected)) break
  }
  const best = fits.filter(({ good }) => good > 0).sort((a, b) => b.good / b.asked - a.good / a.asked || b.good - a.good)
  if (json) print(`${JSON.stringify(best.map(({ profile, good, asked }) => ({ profile: profile.id, good, asked })), null, 2)}\n`)
  if (best.length === 0) throw new AppError(errorCodes.requestFailed, `nothing answered: ${reason}\nCheck address, wiring and line settings; courtyard-edge scan looks for devices on the bus.`)
  if (json) return 0
  const rows = best.map(({ profile, good, asked }) => [profile.id, `${good}/${asked}`, profile.manufacturer, profile.model])
  print(table([['profile', 'good points', 'maker', 'model'], ...rows], [1]))
  return print(`\nMany good points alone prove nothing: compare values with the display. Then --profile ${best[0]!.profile.id}\n`)
} // prettier-ignore
