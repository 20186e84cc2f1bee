/**
 * Whole conversations on Modbus TCP ("MODBUS Messaging on TCP/IP" V1.0b, 3.1.3): what the driver asks and what the
 * meter answers, both without the two bytes of the transaction, and the readings that must come of it. The requests
 * are those of a good plan: holes of up to eight registers are read across, never a field split.
 */

export interface Conversation {
  readonly profile: string
  readonly replies: Readonly<Record<string, string>>
  /** By point; null: the device says that it has none. */
  readonly values: Readonly<Record<string, string | null>>
}

/** Registers: mbmd sdm.go. Undeclared registers read as zero. */
const sdm630: Conversation = {
  profile: 'eastron-sdm630',
  replies: {
    '00 00 00 06 01 04 00 00 00 12':
      '00 00 00 27 01 04 24 43 66 80 00 43 67 40 00 43 65 C0 00 3F C0 00 00 40 10 00 00 3E 00 00 00 43 AC C0 00 C4 02 10 00 41 E4 00 00',
    '00 00 00 06 01 04 00 1E 00 06': '00 00 00 0F 01 04 0C 3F 80 00 00 BF 00 00 00 3F 60 00 00',
    '00 00 00 06 01 04 00 34 00 14':
      '00 00 00 2B 01 04 28 C3 12 40 00 00 00 00 00 44 61 20 00 00 00 00 00 41 4C 00 00 BE 80 00 00 00 00 00 00 00 00 00 00 00 00 00 00 42 48 00 00',
    '00 00 00 06 01 04 00 48 00 08': '00 00 00 13 01 04 10 47 F1 20 64 41 08 00 00 3F A0 00 00 3F 40 00 00',
    '00 00 00 06 01 04 01 56 00 02': '00 00 00 07 01 04 04 47 F1 24 A4',
  },
  values: {
    voltageL1: '230.5',
    voltageL2: '231.3',
    voltageL3: '229.8',
    currentL1: '1.500',
    currentL2: '2.250',
    currentL3: '0.125',
    powerL1: '345.5',
    powerL2: '-520.3',
    powerL3: '28.5',
    powerFactorL1: '1.000',
    powerFactorL2: '-0.500',
    powerFactorL3: '0.875',
    powerTotal: '-146.3',
    apparentPowerTotal: '900.5',
    reactivePowerTotal: '12.8',
    powerFactor: '-0.250',
    frequency: '50.00',
    energyImport: '123456.78',
    energyExport: '8.50',
    reactiveEnergyImport: '1.25',
    reactiveEnergyExport: '0.75',
    energyTotal: '123465.28',
  },
}

/** Registers and "no value": mbmd abb.go. The third phase is not connected, and export is not measured. */
const b23: Conversation = {
  profile: 'abb-b23',
  replies: {
    '00 00 00 06 01 03 5B 00 00 1C':
      '00 00 00 3B 01 03 38 00 00 09 00 00 00 09 07 FF FF FF FF 00 00 00 00 00 00 00 00 00 00 00 00 00 00 06 43 00 00 00 05 FF FF FF FF 00 00 00 00 FF FF C5 4F 00 00 00 03 FF FF C5 4C 7F FF FF FF',
    '00 00 00 06 01 03 5B 2C 00 01': '00 00 00 05 01 03 02 13 86',
    '00 00 00 06 01 03 5B 3A 00 01': '00 00 00 05 01 03 02 FC 1D',
    '00 00 00 06 01 03 50 00 00 08': '00 00 00 13 01 03 10 00 00 00 02 54 0B E3 FF FF FF FF FF FF FF FF FF',
  },
  values: {
    voltageL1: '230.4',
    voltageL2: '231.1',
    voltageL3: null,
    currentL1: '16.03',
    currentL2: '0.05',
    currentL3: null,
    powerTotal: '-150.25',
    powerL1: '0.03',
    powerL2: '-150.28',
    powerL3: null,
    frequency: '49.98',
    powerFactor: '-0.995',
    energyImport: '99999999.99',
    energyExport: null,
  },
}

export const conversations: readonly Conversation[] = [sdm630, b23]
