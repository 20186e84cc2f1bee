/** The library's client class, which is the `default` of a CommonJS module: each loader sees that in its own way. */
import { createRequire } from 'node:module'
import type bacnet from '@bacnet-js/client'

type Library = typeof bacnet

const library = createRequire(import.meta.url)('@bacnet-js/client') as Library

export const BacnetClient = library.default
export type BacnetClient = InstanceType<Library['default']>
