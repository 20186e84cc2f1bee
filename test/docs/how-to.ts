import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/processes.ts'

/** A command block of a how-to page. */
export interface Block {
  readonly page: string
  /** Name of the program that it starts and leaves running; null for a block that ends. */
  readonly service: string | null
  /** True when it may have to be repeated until it succeeds. */
  readonly eventually: boolean
  readonly commands: string
}

/** The ```sh blocks of a page; after `sh` may stand `service=<name>` or `eventually`. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```sh(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', commands = '']) => ({
    page,
    service: /service=(\w+)/.exec(info)?.[1] ?? null,
    eventually: info.includes('eventually'),
    commands,
  }))
}
