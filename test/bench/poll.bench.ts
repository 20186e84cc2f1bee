/**
 * `npm run bench:poll`: how fast the edge reads meters over Modbus TCP, and how that compares with a C loop on
 * libmodbus that reads the same blocks from the same server in the same run. Last line: JSON.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadSiteConfig } from '../../edge/src/config/index.ts'
import { freePort, freePortRun, root, startProgram, until } from '../support/processes.ts'
import { blocksOf, type Block } from './poll/blocks.ts'

const { values: flags } = parseArgs({
  options: {
    meters: { type: 'string', default: '400' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
  },
})
const seconds = Number(flags.seconds)

/** Ten times as often as the profiles ask for. */
const SCHEDULE_MS = 1_000

interface WorkerResult {
  readings: number
  good: number
  errors: number
  missed: number
  deadlines: number
  seconds: number
  cpuMs: number
  rssMb: number
}

const folder = await mkdtemp(join(tmpdir(), 'courtyard-bench-poll-'))
const controlPort = await freePort()
const site = [
  '--seed',
  1,
  '--meters',
  flags.meters,
  '--port-base',
  (await freePortRun(10)) - 1,
  '--control-port',
  controlPort,
]
const simulatorProgram = 'simulators/bin/courtyard-simulator.ts'
const siteFile = join(folder, 'site.yaml')
await writeFile(
  siteFile,
  execFileSync(process.execPath, [simulatorProgram, '--site-yaml', ...site.map(String)], { cwd: root }),
)
const simulator = startProgram([simulatorProgram, ...site])
try {
  await until('simulator', 20_000, async () => (await fetch(`http://127.0.0.1:${controlPort}/stats`)).ok)
  process.exitCode = await run()
} finally {
  await simulator.stop()
  await rm(folder, { recursive: true })
}

async function run(): Promise<number> {
  const blocks = blocksOf(loadSiteConfig(siteFile))
  const registersPerRound = blocks.reduce((sum, block) => sum + block.count, 0)
  console.log(`${flags.meters} meters, ${blocks.length} blocks, ${registersPerRound} registers a round`)
  const loop = await buildLoop(blocks)
  const ours: number[] = []
  const theirs: number[] = []
  let cpuMsPer1000Points = 0
  let rssMb = 0
  // Turn about, so that what else the machine does falls on both.
  for (let round = 1; round <= Number(flags.rounds); round++) {
    const { worker, registersPerSecond } = await measured('flat-out', 0)
    ours.push(registersPerSecond)
    cpuMsPer1000Points += worker.cpuMs / (worker.readings / 1000) / Number(flags.rounds)
    rssMb = Math.max(rssMb, worker.rssMb)
    if (worker.errors > 0 || worker.good !== worker.readings)
      throw new Error('readings went wrong under load')
    if (loop) theirs.push(loop())
    console.log(
      `round ${round}: edge ${registersPerSecond.toFixed(0)} registers/s` +
        (loop ? `, libmodbus ${theirs.at(-1)!.toFixed(0)} registers/s` : ''),
    )
  }
  const registersPerSecond = median(ours)
  const { worker } = await measured('scheduled', SCHEDULE_MS)
  console.log(
    `every register every ${SCHEDULE_MS} ms: ${worker.missed} of ${worker.deadlines} deadlines missed`,
  )
  console.log(
    JSON.stringify({
      registersPerSecond: Math.round(registersPerSecond),
      cpuMsPer1000Points: round2(cpuMsPer1000Points),
      rssMb: Math.round(worker.rssMb),
      rssMbFlatOut: Math.round(rssMb),
      missedDeadlinesPercent: round2((100 * worker.missed) / worker.deadlines),
      libmodbusRatio: loop ? round2(registersPerSecond / median(theirs)) : null,
      libmodbusRegistersPerSecond: loop ? Math.round(median(theirs)) : null,
      meters: Number(flags.meters),
    }),
  )
  return 0
}

/** Runs the worker; registers are counted by the server, not by us. */
async function measured(mode: 'flat-out' | 'scheduled', intervalMs: number) {
  const before = await served()
  const program = startProgram(['test/bench/poll/poll-worker.ts', siteFile, mode, seconds, intervalMs])
  const code = await program.exited
  if (code !== 0) throw new Error(`worker ended with ${code}: ${program.output()}`)
  const worker = JSON.parse(program.output().trim().split('\n').at(-1)!) as WorkerResult
  return { worker, registersPerSecond: ((await served()) - before) / worker.seconds }
}

async function served(): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/stats`)
  return ((await answer.json()) as { registers: number }).registers
}

/** Compiles the C loop; null, with a word why, where there is no compiler or libmodbus. */
async function buildLoop(blocks: readonly Block[]): Promise<(() => number) | null> {
  if (!existsSync('/usr/include/modbus/modbus.h')) {
    console.log('libmodbus is not installed (Debian: libmodbus-dev): no ratio')
    return null
  }
  const binary = join(folder, 'loop')
  const list = join(folder, 'blocks.txt')
  execFileSync('cc', [
    '-O2',
    '-o',
    binary,
    join(import.meta.dirname, 'poll/libmodbus-loop.c'),
    '-lmodbus',
    '-lpthread',
  ])
  const lines = blocks.map((b) => [b.bus, b.port, b.unitId, b.function, b.address, b.count].join(' '))
  await writeFile(list, lines.join('\n') + '\n')
  return () => {
    const result = JSON.parse(execFileSync(binary, [list, String(seconds)], { encoding: 'utf8' })) as {
      registers: number
      seconds: number
      errors: number
    }
    if (result.errors > 0) throw new Error(`libmodbus had ${result.errors} errors`)
    return result.registers / result.seconds
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
