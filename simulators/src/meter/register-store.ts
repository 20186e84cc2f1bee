/** Replaced meters and set registers, kept in a file so that they outlive the process. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { AppError } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { SimulatorErrorCode } from '../errors.ts'
import { checked } from '../options.ts'
import type { MeterPark } from './meter-park.ts'

const StateFile = z.strictObject({
  seed: z.number().int(),
  registers: z.array(
    z.strictObject({
      meter: z.string(),
      atMs: z.number().int().safe(),
      serial: z.string(),
      index: z.number().int().safe(),
    }),
  ),
})

/** Brings the park to where the file says it was. Throws AppError `simulator.bad_options` when it is no such file. */
export function restoreRegisters(file: string, park: MeterPark): void {
  if (!existsSync(file)) return
  const state = checked(StateFile, parseJson(file), SimulatorErrorCode.badOptions, `state file ${file}`)
  if (state.seed !== park.site.seed)
    throw badState(file, `belongs to seed ${state.seed}, not ${park.site.seed}`)
  park.restore(state.registers)
}

/** Written beside and moved into place: a crash leaves the old file or the new one. */
export function saveRegisters(file: string, park: MeterPark): void {
  const state: z.infer<typeof StateFile> = { seed: park.site.seed, registers: park.history() }
  writeFileSync(`${file}.new`, JSON.stringify(state), { flush: true })
  renameSync(`${file}.new`, file)
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw badState(file, (error as Error).message)
  }
}

function badState(file: string, reason: string): AppError {
  return new AppError(SimulatorErrorCode.badOptions, `state file ${file}: ${reason}`, {
    details: { issues: [{ path: 'stateFile', reason }] },
  })
}
