import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { topics } from '@courtyard/protocols/contract'
import { aclFile } from '../../hub/src/modules/fleet/mosquitto/mosquitto-files.ts'
import { environmentSchema, readConfig } from '../../hub/src/platform/config.ts'
import { parseCommand } from '../../simulators/src/cli.ts'
import { root } from '../support/processes.ts'

interface Service {
  image: string
  build?: { context: string; target: string }
  environment?: Record<string, string>
  user?: string
  entrypoint?: string[]
  volumes?: string[]
  ports?: string[]
  depends_on?: string[] | Record<string, unknown>
}

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const compose = parse(read('docker-compose.yml')) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const services = Object.entries(compose.services)
const stages = stagesOf(read('Dockerfile'))

/** What compose would put in: the default after `:-`, or a word for what the person must set. */
function filledIn(text: string): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, sign?: string, rest?: string) =>
    sign === '-' ? (rest ?? '') : `${name.toLowerCase()}-value`,
  )
}

function stagesOf(dockerfile: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of dockerfile.split('\n')) {
    const stage = /^FROM \S+ AS (\w+)$/.exec(line)
    if (stage) found.set(stage[1]!, (lines = []))
    else lines.push(line)
  }
  return found
}

test('the services are those that the product needs', () => {
  expect(Object.keys(compose.services).sort()).toEqual([
    'edge',
    'hub',
    'influxdb',
    'mosquitto',
    'postgres',
    'simulator',
  ])
})

test.each(services)('%s: image with a version, or a stage of the Dockerfile', (_, service) => {
  if (service.build) expect([...stages.keys()]).toContain(service.build.target)
  else expect(service.image).toMatch(/^[\w/-]+:\d+(\.\d+)*$/)
})

test.each(services)('%s: volumes are declared, or files of the repository', (_, service) => {
  for (const volume of service.volumes ?? []) {
    const [source] = volume.split(':') as [string]
    if (!source.startsWith('./')) expect(Object.keys(compose.volumes)).toContain(source)
    else if (source !== './deploy/site.yaml') expect(existsSync(join(root, source)), source).toBe(true)
  }
})

test.each(services)('%s: depends only on services that are there', (_, service) => {
  const needed = Array.isArray(service.depends_on)
    ? service.depends_on
    : Object.keys(service.depends_on ?? {})
  for (const name of needed) expect(Object.keys(compose.services)).toContain(name)
})

test('the hub knows every variable and accepts the values', () => {
  const given = Object.entries(compose.services['hub']!.environment!)
  for (const [name] of given) expect(Object.keys(environmentSchema.shape)).toContain(name)
  const inImage = environmentOf('hub')
  // NODE_… are for Node itself
  for (const name of Object.keys(inImage).filter((name) => !name.startsWith('NODE_'))) {
    expect(Object.keys(environmentSchema.shape)).toContain(name)
  }
  const { config, issues } = readConfig({ ...inImage, ...valuesOf(compose.services['hub']!) })
  expect(issues).toEqual([])
  expect(config).toMatchObject({ host: '0.0.0.0', port: 8080, dataFolder: '/data' })
  const hosts = [config!.databaseUrl, config!.mqtt.url, config!.influx!.url].map(
    (url) => new URL(url!).hostname,
  )
  for (const host of hosts) expect(Object.keys(compose.services)).toContain(host)
})

test('published ports lead to the port that the hub listens on', () => {
  expect(compose.services['hub']!.ports!.map(filledIn)).toEqual(['8080:8080'])
  expect(stages.get('hub')!.join('\n')).toMatch(/^EXPOSE 8080/m)
  for (const name of ['postgres', 'influxdb']) expect(compose.services[name]!.ports).toBeUndefined()
})

test('the simulator accepts its variables', () => {
  const environment = { ...environmentOf('simulator'), ...compose.services['simulator']!.environment }
  expect(parseCommand([], environment).options).toMatchObject({ host: '0.0.0.0', portBase: 15_020, seed: 1 })
})

test('what the images copy and run is in the repository', () => {
  for (const lines of stages.values()) {
    for (const line of lines) {
      const copy = /^COPY (?!--from)(.+) \S+$/.exec(line)
      for (const path of copy?.[1]?.split(' ') ?? []) expect(existsSync(join(root, path)), path).toBe(true)
      const program = /"node", "([\w/.-]+\.(?:js|ts))"/.exec(line)
      if (program) expect(existsSync(join(root, program[1]!)), program[1]).toBe(true)
    }
  }
})

test('the broker runs with the files of the hub: TLS only, certificates needed, topics fenced', () => {
  const { hub, mosquitto } = compose.services as Record<'hub' | 'mosquitto', Service>
  const folder = hub.environment!['MOSQUITTO_FILES']!
  const mounted = (service: Service) => service.volumes!.find((volume) => volume.split(':')[1] === folder)
  // The same folder at the same place, ours to write and owned by whom both containers run as
  expect(mounted(hub)).toBe(`broker:${folder}`)
  expect(mounted(mosquitto)).toBe(`broker:${folder}:ro`)
  expect(mosquitto.entrypoint).toEqual(['/bin/sh', '/run.sh', folder])
  expect(mosquitto.volumes).toContain('./deploy/mosquitto/run.sh:/run.sh:ro')
  expect(stages.get('hub')!.join('\n')).toMatch(new RegExp(`chown node:node .*${folder}\\b`))
  expect([mosquitto.user, mosquitto.depends_on]).toEqual(['1000:1000', ['hub']])

  const { config } = readConfig({ ...environmentOf('hub'), ...valuesOf(hub) })
  const port = new URL(config!.mqtt.url!).port
  expect([config!.mqtt.url, config!.mqtt.mosquittoFiles]).toEqual([`mqtts://mosquitto:${port}`, folder])
  expect(config!.mqtt.tls.publicUrl).toBe(`mqtts://mosquitto:${port}`)
  expect(mosquitto.ports!.map(filledIn)).toEqual([`${port}:${port}`])
  const rules = aclFile()
  expect(rules).toContain(`pattern write ${topics.upPrefix('%u')}#`)
  expect(rules).toContain(`pattern read ${topics.downPrefix('%u')}#`)
})

const valuesOf = (service: Service) =>
  Object.fromEntries(Object.entries(service.environment!).map(([name, value]) => [name, filledIn(value)]))

/** The `ENV` lines of an image. */
function environmentOf(stage: string): Record<string, string> {
  const pairs = stages.get(stage)!.flatMap((line) => /^ENV (.+)$/.exec(line)?.[1]?.split(' ') ?? [])
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]))
}
