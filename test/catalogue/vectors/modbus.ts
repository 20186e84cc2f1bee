/**
 * Requests and replies as they stand on a Modbus line, without unit, checksum or header: "MODBUS Application Protocol
 * Specification" V1.1b3, 6.3 and 6.4. Numbers are written by the rules of IEEE 754 and two's complement, places by the
 * sources that the comments name (facts only); no byte here was made by our own encoders.
 */

/** Value in the unit and with the places of the profile; null: the device says that it has none. */
export type ModbusVector = readonly [
  profile: string,
  point: string,
  request: string,
  reply: string,
  value: string | null,
]

export const modbusVectors: readonly ModbusVector[] = [
  // mbmd sdm.go; the bytes of 230.2 V are those of the Eastron manuals’ example, as Tasmota quotes them too.
  ['eastron-sdm630', 'voltageL1', '04 00 00 00 02', '04 04 43 66 33 34', '230.2'],
  ['eastron-sdm630', 'currentL3', '04 00 0A 00 02', '04 04 3E 00 00 00', '0.125'],
  ['eastron-sdm630', 'powerL1', '04 00 0C 00 02', '04 04 C4 9A 50 00', '-1234.5'],
  ['eastron-sdm630', 'powerTotal', '04 00 34 00 02', '04 04 C7 C0 E6 B3', '-98765.4'],
  ['eastron-sdm630', 'frequency', '04 00 46 00 02', '04 04 42 48 14 7B', '50.02'],
  ['eastron-sdm630', 'energyImport', '04 00 48 00 02', '04 04 47 F1 20 64', '123456.78'],
  ['eastron-sdm630', 'energyTotal', '04 01 56 00 02', '04 04 3C 23 D7 0A', '0.01'],
  ['eastron-sdm630', 'voltageL2', '04 00 02 00 02', '04 04 7F C0 00 00', null],
  // The manual's 1.2.1, which the profile names.
  ['eastron-sdm630-v2', 'powerL2', '04 00 0E 00 02', '04 04 C5 0F C8 00', '-2300.5'],
  ['eastron-sdm630-v2', 'energyImport', '04 00 48 00 02', '04 04 47 80 00 20', '65536.25'],
  ['eastron-sdm630-v2', 'energyImportL1', '04 01 5A 00 02', '04 04 3F 00 00 00', '0.50'],
  // mbmd sdm120.go; 230.2 V, 478.492 and 6.216 kWh, -196.3 W as in Tasmota’s comments.
  ['eastron-sdm120', 'voltageL1', '04 00 00 00 02', '04 04 43 66 33 34', '230.2'],
  ['eastron-sdm120', 'powerTotal', '04 00 0C 00 02', '04 04 C3 44 4C CD', '-196.3'],
  ['eastron-sdm120', 'powerFactor', '04 00 1E 00 02', '04 04 BF 68 F5 C3', '-0.910'],
  ['eastron-sdm120', 'energyImport', '04 00 48 00 02', '04 04 43 EF 3E FA', '478.49'],
  ['eastron-sdm120', 'energyExport', '04 00 4A 00 02', '04 04 40 C6 E9 79', '6.22'],
  // mbmd sdm220.go to x961a.go: the Eastron family.
  ['eastron-sdm220', 'energyImport', '04 00 48 00 02', '04 04 47 C3 4F FF', '99999.99'],
  ['eastron-sdm230', 'powerTotal', '04 00 0C 00 02', '04 04 C5 E6 00 00', '-7360.0'],
  ['eastron-sdm72d-m', 'energyImport', '04 00 48 00 02', '04 04 44 BB 88 00', '1500.25'],
  ['eastron-sdm72d-m-v2', 'powerTotal', '04 00 34 00 02', '04 04 C1 38 00 00', '-11.5'],
  ['eastron-sdm54', 'energyImportL3', '04 01 5E 00 02', '04 04 43 7A 80 00', '250.50'],
  ['eastron-smart-x96-1a', 'reactiveEnergyImport', '04 00 4C 00 02', '04 04 41 4C 00 00', '12.75'],
  // mbmd iem3000.go: float32 in kW, int64 in Wh.
  ['schneider-iem3000', 'voltageL1', '03 0B D3 00 02', '03 04 43 67 80 00', '231.5'],
  ['schneider-iem3000', 'powerTotal', '03 0B F3 00 02', '03 04 C1 48 00 00', '-12500.0'],
  ['schneider-iem3000', 'energyImport', '03 0C 83 00 04', '03 08 00 00 00 00 00 12 D6 87', '1234.567'],
  ['schneider-iem3000', 'energyImport', '03 0C 83 00 04', '03 08 00 00 00 02 54 0B E4 01', '10000000.001'],
  ['schneider-iem3000', 'energyImportL3', '03 0D C5 00 04', '03 08 00 00 00 00 00 00 03 E7', '0.999'],
  ['schneider-iem3000', 'voltageL3', '03 0B D7 00 02', '03 04 FF C0 00 00', null],
  // mbmd abb.go: no value is 7F FF … where signed, FF FF … where not.
  ['abb-b23', 'voltageL1', '03 5B 00 00 02', '03 04 00 00 09 00', '230.4'],
  ['abb-b23', 'currentL3', '03 5B 10 00 02', '03 04 00 00 06 43', '16.03'],
  ['abb-b23', 'powerTotal', '03 5B 14 00 02', '03 04 FF FF C5 4F', '-150.25'],
  ['abb-b23', 'powerL2', '03 5B 18 00 02', '03 04 7F FF FF FF', null],
  ['abb-b23', 'frequency', '03 5B 2C 00 01', '03 02 13 86', '49.98'],
  ['abb-b23', 'powerFactor', '03 5B 3A 00 01', '03 02 FC 1D', '-0.995'],
  ['abb-b23', 'powerFactor', '03 5B 3A 00 01', '03 02 7F FF', null],
  ['abb-b23', 'energyImport', '03 50 00 00 04', '03 08 00 00 00 00 00 01 E2 40', '1234.56'],
  ['abb-b23', 'energyImport', '03 50 00 00 04', '03 08 00 00 00 02 54 0B E3 FF', '99999999.99'],
  ['abb-b23', 'energyExport', '03 50 04 00 04', '03 08 FF FF FF FF FF FF FF FF', null],
  // mbmd carlogavazzi-em24.go: the low word comes first.
  ['carlo-gavazzi-em24', 'voltageL1', '04 00 00 00 02', '04 04 08 FD 00 00', '230.1'],
  ['carlo-gavazzi-em24', 'currentL2', '04 00 0E 00 02', '04 04 EE 90 FF FE', '-70.000'],
  ['carlo-gavazzi-em24', 'powerTotal', '04 00 28 00 02', '04 04 57 36 FF FF', '-4321.0'],
  ['carlo-gavazzi-em24', 'powerFactor', '04 00 35 00 01', '04 02 FE 0C', '-0.500'],
  ['carlo-gavazzi-em24', 'energyImport', '04 00 3E 00 02', '04 04 D6 87 00 12', '123456.7'],
  ['carlo-gavazzi-em24', 'energyExport', '04 00 5C 00 02', '04 04 00 0F 00 00', '1.5'],
  // mbmd carlogavazzi-ex3x0.go, carlogavazzi-em24_e1.go.
  ['carlo-gavazzi-em330', 'powerL2', '04 00 14 00 02', '04 04 FF F6 FF F5', '-65537.0'],
  ['carlo-gavazzi-em330', 'frequency', '04 00 33 00 01', '04 02 01 F3', '49.9'],
  ['carlo-gavazzi-em330', 'energyImport', '04 00 34 00 02', '04 04 E0 FF 05 F5', '9999999.9'],
  ['carlo-gavazzi-em330', 'energyExport', '04 00 4E 00 02', '04 04 00 00 00 01', '6553.6'],
  ['carlo-gavazzi-em24-e1', 'energyImport', '04 00 34 00 02', '04 04 11 71 00 01', '7000.1'],
  ['carlo-gavazzi-em540', 'powerTotal', '04 00 28 00 02', '04 04 FF FF FF FF', '-0.1'],
  ['carlo-gavazzi-em24-e1', 'powerTotal', '04 00 28 00 02', '04 04 57 36 FF FF', '-4321.0'],
  ['carlo-gavazzi-em540', 'energyImport', '04 00 34 00 02', '04 04 42 41 00 0F', '100000.1'],
  // mbmd dtsu666.go: floats in tenths, hundredths and thousandths.
  ['chint-dtsu666', 'voltageL1', '03 20 06 00 02', '03 04 45 0F D0 00', '230.1'],
  ['chint-dtsu666', 'powerTotal', '03 20 12 00 02', '03 04 C4 9A 40 00', '-123.4'],
  ['chint-dtsu666', 'currentL3', '03 20 10 00 02', '03 04 45 A4 10 00', '5.250'],
  ['chint-dtsu666', 'frequency', '03 20 44 00 02', '03 04 45 9C 38 00', '49.99'],
  ['chint-dtsu666', 'energyImport', '03 10 1E 00 02', '03 04 44 9A 50 00', '1234.50'],
  ['chint-dtsu666', 'energyExport', '03 10 28 00 02', '03 04 7F C0 00 00', null],
  // OpenEMS MeterChintDdsu666Impl, Tasmota xnrg_11_ddsu666: plain floats, power in kW.
  ['chint-ddsu666', 'powerTotal', '03 20 04 00 02', '03 04 BE 49 02 DE', '-196.3'],
  ['chint-ddsu666', 'energyImport', '03 40 00 00 02', '03 04 43 EF 3E FA', '478.49'],
  // evcc acrel-adw300.yaml.
  ['acrel-adw300', 'voltageL1', '03 00 14 00 01', '03 02 08 FE', '230.2'],
  ['acrel-adw300', 'currentL3', '03 00 1C 00 01', '03 02 FF FF', '655.35'],
  ['acrel-adw300', 'powerTotal', '03 00 24 00 02', '03 04 FF FF FA 24', '-1500'],
  ['acrel-adw300', 'energyImport', '03 00 3E 00 02', '03 04 00 BC 61 4E', '123456.78'],
  ['acrel-adw300', 'energyExport', '03 00 40 00 02', '03 04 7F FF FF FF', '21474836.47'],
  // mbmd pac2200.go: energy is float64 in Wh.
  ['siemens-pac2200', 'voltageL3', '04 00 05 00 02', '04 04 43 65 E6 66', '229.9'],
  ['siemens-pac2200', 'powerTotal', '04 00 41 00 02', '04 04 C5 1C 40 00', '-2500.0'],
  ['siemens-pac2200', 'energyImport', '04 03 21 00 04', '04 08 41 32 D6 87 00 00 00 00', '1234.567'],
  ['siemens-pac2200', 'energyImport', '04 03 21 00 04', '04 08 42 3C BE 99 1A 14 00 00', '123456789.012'],
  ['siemens-pac2200', 'energyExport', '04 03 29 00 04', '04 08 00 00 00 00 00 00 00 00', '0.000'],
  ['siemens-pac2200', 'energyExport', '04 03 29 00 04', '04 08 7F F8 00 00 00 00 00 00', null],
  ['siemens-pac2200', 'powerL1', '04 00 19 00 02', '04 04 7F C0 00 00', null],
  // mbmd inepro.go, Victron inepro.py: power in kW.
  ['inepro-pro380', 'powerTotal', '03 50 12 00 02', '03 04 BF C0 00 00', '-1500.0'],
  ['inepro-pro380', 'frequency', '03 50 08 00 02', '03 04 42 47 E1 48', '49.97'],
  ['inepro-pro380', 'energyImport', '03 60 0C 00 02', '03 04 45 00 08 00', '2048.50'],
  ['inepro-pro380', 'energyImportT2', '03 60 10 00 02', '03 04 3E 80 00 00', '0.25'],
  ['inepro-pro380', 'voltageL1', '03 50 02 00 02', '03 04 7F C0 00 00', null],
  // mbmd wago87930.go.
  ['wago-879-30xx', 'powerL1', '03 50 14 00 02', '03 04 BE 80 00 00', '-250.0'],
  // mbmd janitza.go, OpenEMS MeterJanitzaUmg96rmeImpl: Wh as float32.
  ['janitza-b23', 'energyImport', '03 4A 7C 00 02', '03 04 49 96 B4 38', '1234.567'],
  ['janitza-b23', 'powerTotal', '03 4A 52 00 02', '03 04 C5 86 64 00', '-4300.5'],
  ['janitza-umg-96rm-e', 'energyExport', '03 4A 84 00 02', '03 04 43 FA 00 00', '0.500'],
  // mbmd dzg.go.
  ['dzg-dvh4013', 'powerExport', '03 00 02 00 02', '03 04 00 00 30 39', '1234.5'],
  ['dzg-dvh4013', 'energyImport', '03 40 00 00 02', '03 04 EE 6B 28 00', '4000000.000'],
  // mbmd orno3p.go, orno1p525.go.
  ['orno-we516', 'powerTotal', '03 00 1C 00 02', '03 04 C0 20 00 00', '-2500.0'],
  ['orno-we516', 'energyImport', '03 01 08 00 02', '03 04 44 80 10 00', '1024.50'],
  ['orno-we525', 'voltageL1', '04 01 00 00 02', '04 04 00 03 82 EB', '230.123'],
  ['orno-we525', 'powerTotal', '04 01 04 00 02', '04 04 FF FF F2 54', '-3500'],
  ['orno-we525', 'energyImport', '04 01 0E 00 02', '04 04 00 01 11 70', '700.00'],
  // mbmd ws100.go, ds100.go.
  ['bg-etech-ws100', 'energyExport', '03 01 18 00 02', '03 04 00 00 00 65', '1.01'],
  ['bg-etech-ds100', 'powerTotal', '03 04 20 00 02', '03 04 FF FF 00 00', '-65536'],
  ['bg-etech-ds100', 'energyImport', '03 01 0E 00 02', '03 04 05 F5 E0 FF', '999999.99'],
  // mbmd finder7m38.go: Wh as float32.
  ['finder-7m38', 'powerTotal', '04 09 E8 00 02', '04 04 C4 7A 20 00', '-1000.5'],
  ['finder-7m38', 'energyImport', '04 0A C0 00 02', '04 04 44 BB 80 00', '1.500'],
  // mbmd mpm3pm.go.
  ['bernecker-mpm3pm', 'powerTotal', '03 00 26 00 02', '03 04 FF FE 1D C0', '-1234.56'],
  ['bernecker-mpm3pm', 'energyImport', '03 00 02 00 02', '03 04 00 03 D0 90', '2500.00'],
  // mbmd dmg610.go, evcc siemens-7kt1665.yaml.
  ['lovato-dmg610', 'currentL1', '04 00 07 00 02', '04 04 00 00 CD 14', '5.2500'],
  ['lovato-dmg610', 'powerTotal', '04 00 39 00 02', '04 04 FF FC 2F 25', '-2500.75'],
  ['lovato-dmg610', 'energyImport', '04 1B 1F 00 04', '04 08 00 00 00 02 54 0B E4 01', '100000000.01'],
  ['siemens-7kt1665', 'powerTotal', '04 00 39 00 02', '04 04 FF FF FF 9C', '-1.00'],
  ['siemens-7kt1665', 'energyImport', '04 1A 1F 00 02', '04 04 FF FF FF FF', '4294967.295'],
  // mbmd eltako.go.
  ['eltako-dsz15', 'powerTotal', '04 00 34 00 02', '04 04 FF FF FB 50', '-1200'],
  ['eltako-dsz15', 'energyImport', '04 00 48 00 02', '04 04 00 01 E2 40', '1234.56'],
] // prettier-ignore
