import { expect, it } from 'vitest'
import type { CatalogueMessage } from '@courtyard/protocols/contract'
import { findContradictions, findReinterpretations } from './catalogue-check.ts'

const point = {
  key: 'energyImport',
  label: { zh: '正向有功', en: 'Energy import' },
  kind: 'register' as const,
  code: '1-0:1.8.0',
  unit: 'kWh',
  scale: 2,
  intervalMs: 5_000,
}
const device = {
  key: 'm1',
  name: 'Meter 1',
  profile: 'p',
  manufacturer: 'x',
  model: 'y',
  medium: 'electricity' as const,
  driver: 'modbus',
  bus: 'b',
  address: 'a',
  points: [point],
}
const catalogue = (...devices: (typeof device)[]): CatalogueMessage => ({
  v: 1,
  revision: '12345678',
  devices,
})
const stored = { key: 'm1/energyImport', scale: 2, unit: 'kWh', hasReadings: true }

it('finds keys that are there twice', () => {
  expect(findContradictions(catalogue(device))).toEqual([])
  expect(findContradictions(catalogue(device, { ...device, points: [point, point] }))).toEqual([
    { code: 'catalogue.device_twice', device: 'm1' },
    { code: 'catalogue.point_twice', point: 'm1/energyImport' },
  ])
})

it('lets no stored reading change its meaning', () => {
  expect(findReinterpretations(catalogue(device), [stored])).toEqual([])
  const changed = catalogue({ ...device, points: [{ ...point, scale: 3, unit: 'Wh' }] })
  expect(findReinterpretations(changed, [stored])).toHaveLength(2)
  expect(findReinterpretations(changed, [{ ...stored, hasReadings: false }])).toEqual([])
})
