import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configPage } from '../../scripts/config-page-text.ts'
import { readConfig } from './config.ts'

test('an empty environment is a complete configuration', () => {
  const { config } = readConfig({})
  expect(config).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    databaseUrl: null,
    influx: null,
    sessionHours: 12,
  })
  expect([...config!.roles]).toEqual(['api', 'ingest', 'worker'])
  expect(config!.dataFolder).toMatch(/^\/.*data$/)
})

test('all faults at once, by name, without the value of a secret', () => {
  const { config, issues } = readConfig({
    PORT: 'eighty',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    COURTYARD_ROLES: 'api,cook',
    INFLUX_URL: 'influx',
    LOG_LEVEL: 'loud',
  })
  expect(config).toBeNull()
  expect(issues.map((issue) => issue.path).sort()).toEqual([
    'COURTYARD_ROLES',
    'DATABASE_URL',
    'INFLUX_URL',
    'LOG_LEVEL',
    'PORT',
  ])
  expect(JSON.stringify(issues)).not.toContain('hunter2')
  expect(issues.find((issue) => issue.path === 'PORT')!.reason).toContain('eighty')
})

test('what belongs together is asked for together', () => {
  const { issues } = readConfig({
    COURTYARD_ROLES: 'api',
    INFLUX_URL: 'http://db:8086',
    INFLUX_KIND: 'influx2',
    FILES_S3_URL: 'https://minio.local/courtyard',
  })
  expect(issues.map((issue) => issue.path)).toEqual([
    'INFLUX_ORG',
    'INFLUX_TOKEN',
    'FILES_S3_KEY_ID',
    'FILES_S3_SECRET',
    'DATABASE_URL',
    'MQTT_URL',
  ])
})

test('listeners can be closed, but not all of them; a certificate needs its key', () => {
  const { config } = readConfig({ MQTT_PORT: 'off', HTTPS_PORT: '0' })
  expect([config?.mqtt.port, config?.mqtt.tls.port, config?.https.port]).toEqual([null, 8883, 0])
  const { issues } = readConfig({ MQTT_PORT: 'off', MQTT_TLS_PORT: 'off', TLS_CERT_FILE: '/x.pem' })
  expect(issues.map(({ path }) => path)).toEqual(['TLS_KEY_FILE', 'MQTT_TLS_PORT'])
  const wrong = readConfig({ MQTT_PORT: 'open' }).issues[0]
  expect(wrong).toEqual({ path: 'MQTT_PORT', reason: 'must be a port from 0 to 65535, or `off` (is "open")' })
})

test('set to nothing counts as not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '' }).config).toMatchObject({ port: 8080, databaseUrl: null })
})

test('CONFIG.md is the schema; if not: npm run config-page -w hub', async () => {
  expect(readFileSync(new URL('../../CONFIG.md', import.meta.url), 'utf8')).toBe(await configPage())
})
