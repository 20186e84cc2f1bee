/** Does commands on one unit: writes once, then reads until the effect shows. Nothing is ever written twice. */
import { AppError } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { CommandOutcome, DeviceCommand, DriverDevice } from '../driver.ts'
import { planCommand, type ReadBack } from './modbus.command.ts'
import type { ModbusAddress } from './modbus.config.ts'
import type { ModbusConnection } from './modbus.connection.ts'
import { readPoint, requestsOf, type Block } from './modbus.points.ts'

/** Exceptions after which the unit may do it yet (Application Protocol 1.1b3, 7): it works on it; no reply behind a gateway. */
const WORKING_ON_IT = 5
const GATEWAY_TARGET_SILENT = 11
/** Pauses between looks at the effect. */
const LOOK_AGAIN_MS = 200
/** A free write is looked at once at once and, if it does not show, until then. */
const FREE_WRITE_WITHIN_MS = 1_000

interface Look {
  readonly isThere: boolean
  /** What was read, for people. */
  readonly text: string
  readonly readings: CommandOutcome['readings']
}

export class ModbusCommander {
  private readonly device: DriverDevice<ModbusAddress>
  private readonly connection: ModbusConnection
  private readonly clock: Clock

  constructor(device: DriverDevice<ModbusAddress>, connection: ModbusConnection, clock: Clock) {
    this.device = device
    this.connection = connection
    this.clock = clock
  }

  async execute(command: DeviceCommand): Promise<CommandOutcome> {
    try {
      const { write, readBack } = planCommand(this.device.key, this.device.profile, command)
      const note = await this.write(write)
      return readBack ? await this.watch(readBack) : accepted(note)
    } catch (error) {
      return failed(error)
    }
  }

  async confirm(command: DeviceCommand): Promise<CommandOutcome | null> {
    try {
      const { readBack } = planCommand(this.device.key, this.device.profile, command)
      if (!readBack) return null
      const look = await this.look(readBack)
      if (look.isThere) return confirmed(look)
      return { result: 'failed', uncertain: false, message: `it shows ${look.text}`, readings: look.readings }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return { result: 'failed', uncertain: true, message: error.message, readings: [] }
    }
  }

  /** Resolves with what is to be said although it was accepted. */
  private async write(request: Parameters<ModbusConnection['write']>[1]): Promise<string | null> {
    try {
      await this.connection.write(this.device.address.unitId, request)
      return null
    } catch (error) {
      if (error instanceof AppError && error.details['exception'] === WORKING_ON_IT) return error.message
      throw error
    }
  }

  private async watch(readBack: ReadBack): Promise<CommandOutcome> {
    const withinMs = readBack.kind === 'point' ? readBack.withinMs : FREE_WRITE_WITHIN_MS
    const endMs = this.clock.monotonicMs() + withinMs
    for (;;) {
      let last: CommandOutcome
      try {
        const look = await this.look(readBack)
        if (look.isThere) return confirmed(look)
        last = { ...accepted(`accepted, but it shows ${look.text}`), readings: look.readings }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        last = accepted(`accepted, but not read back: ${error.message}`)
        // Nothing more to learn from a unit that refuses the read.
        if (error.code === errorCodes.requestRefused) return last
      }
      const leftMs = endMs - this.clock.monotonicMs()
      if (leftMs <= 0) return last
      await this.clock.sleep(Math.min(LOOK_AGAIN_MS, leftMs))
    }
  }

  private async look(readBack: ReadBack): Promise<Look> {
    const { unitId } = this.device.address
    if (readBack.kind === 'words') {
      const { words } = await this.connection.read(unitId, readBack.request)
      const isThere = words.every((word, i) => word === readBack.words[i])
      return { isThere, text: words.slice(0, 8).join(', '), readings: [] }
    }
    const blocks: Block[] = []
    for (const request of requestsOf(readBack.point)) {
      blocks.push({ request, reply: await this.connection.read(unitId, request) })
    }
    const reading = readPoint(readBack.point, blocks)!
    const text = reading.mantissa === null ? 'no value' : formatUnits(reading.mantissa, reading.scale)
    return { isThere: reading.mantissa === readBack.mantissa, text, readings: [reading] }
  }
}

function accepted(message: string | null): CommandOutcome {
  return { result: 'acknowledged', uncertain: false, message, readings: [] }
}

function confirmed({ readings }: Look): CommandOutcome {
  return { result: 'confirmed', uncertain: false, message: null, readings }
}

function failed(error: unknown): CommandOutcome {
  if (!(error instanceof AppError)) throw error
  const uncertain = error.details['sent'] === true || error.details['exception'] === GATEWAY_TARGET_SILENT
  return { result: 'failed', uncertain, message: error.message, readings: [] }
}
