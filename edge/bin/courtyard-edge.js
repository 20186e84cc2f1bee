#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { runtimeEnvironment, runtimeFlags } from './runtime-flags.js'

// The heaps are laid out before any script runs, so the process begins anew, as the same process, with our flags and
// settings. Whoever sets one of the flags (`NODE_OPTIONS`, or before the script) has the say about all; a setting in the
// environment stays as it is.
const given = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]
const names = runtimeFlags.map((flag) => flag.split('=')[0])
const isSet = given.some((flag) => names.includes(flag.split('=')[0].replaceAll('_', '-')))
if (!isSet && process.execve) {
  const script = fileURLToPath(import.meta.url)
  const args = [...process.execArgv, '--disable-warning=ExperimentalWarning', ...runtimeFlags, script, ...process.argv.slice(2)] // prettier-ignore
  process.execve(process.execPath, [process.execPath, ...args], { ...runtimeEnvironment, ...process.env })
}
await import('../src/main.ts')
