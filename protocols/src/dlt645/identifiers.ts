/**
 * Data identifiers of the standard: DL/T 645-2007, Appendix A, tables A.1–A.6, and DL/T 645-1997, Appendix A. Profiles
 * say which of them a model has; this table says what each of them is, so that a profile can be held against it.
 */
import type { Dlt645Edition } from './messages.ts'

export interface Dlt645Identifier {
  readonly edition: Dlt645Edition
  readonly di: string
  readonly label: { readonly zh: string; readonly en: string }
  /** Bytes of one value. */
  readonly length: number
  readonly places: number
  readonly signed: boolean
  /** Of the number on the wire. */
  readonly unit: string
  /** `block`: several values of this form one after another; `bits`: a status word; `time`: parts of two digits. */
  readonly form: 'bcd' | 'block' | 'bits' | 'time'
}

type Row = readonly [di: string, zh: string, en: string, length: number, places: number, unit: string, signed?: 'signed'] // prettier-ignore

const tariffs = [
  ['总', 'total'],
  ['尖', 'sharp'],
  ['峰', 'peak'],
  ['平', 'flat'],
  ['谷', 'valley'],
] as const
const phases = [
  ['A相', 'phase A'],
  ['B相', 'phase B'],
  ['C相', 'phase C'],
] as const

/** `prefix` + tariff + `suffix` for the total and four tariffs. */
function byTariff(prefix: string, suffix: string, zh: string, en: string, unit: string): Row[] {
  return tariffs.map(([t, name], n) => [`${prefix}0${n}${suffix}`, `${zh}${t}`, `${en}, ${name}`, 4, 2, unit])
}

/** Total and three phases; `from` is 0 where there is a total, 1 where there is none. */
function byPhase(prefix: string, from: 0 | 1, zh: string, en: string, form: readonly [number, number, string, 'signed'?]): Row[] {
  const rows = from === 0 ? [['总', 'total'] as const, ...phases] : phases
  return rows.map(([p, name], n) => [`${prefix}0${n + from}00`, `${p}${zh}`, `${en}, ${name}`, ...form])
} // prettier-ignore

const rows2007: Row[] = [
  ['00000000', '组合有功总电能', 'Active energy, combined', 4, 2, 'kWh', 'signed'],
  ...byTariff('0001', '00', '正向有功', 'Active energy import', 'kWh'),
  ...byTariff('0002', '00', '反向有功', 'Active energy export', 'kWh'),
  ['00030000', '组合无功1总电能', 'Reactive energy, combined 1', 4, 2, 'kvarh', 'signed'],
  ['00040000', '组合无功2总电能', 'Reactive energy, combined 2', 4, 2, 'kvarh', 'signed'],
  ...byTariff('0001', '01', '上1结算日正向有功', 'Active energy import, last settlement day', 'kWh'),
  ...byPhase('0201', 1, '电压', 'Voltage', [2, 1, 'V']),
  ...byPhase('0202', 1, '电流', 'Current', [3, 3, 'A', 'signed']),
  ...byPhase('0203', 0, '有功功率', 'Active power', [3, 4, 'kW', 'signed']),
  ...byPhase('0204', 0, '无功功率', 'Reactive power', [3, 4, 'kvar', 'signed']),
  ...byPhase('0205', 0, '视在功率', 'Apparent power', [3, 4, 'kVA', 'signed']),
  ...byPhase('0206', 0, '功率因数', 'Power factor', [2, 3, '', 'signed']),
  ['02800001', '零线电流', 'Neutral current', 3, 3, 'A', 'signed'],
  ['02800002', '电网频率', 'Frequency', 2, 2, 'Hz'],
  ['02800007', '表内温度', 'Temperature inside', 2, 1, '°C', 'signed'],
  ['02800008', '时钟电池电压', 'Clock battery voltage', 2, 2, 'V'],
  ['00900100', '剩余电量', 'Energy left', 4, 2, 'kWh'],
  ['00900200', '剩余金额', 'Money left', 4, 2, 'CNY'],
  ['00900201', '透支金额', 'Money overdrawn', 4, 2, 'CNY'],
  ['04000401', '通信地址', 'Communication address', 6, 0, ''],
  ['04000402', '表号', 'Meter number', 6, 0, ''],
]
const blocks2007: Row[] = [
  ['0001FF00', '正向有功电能数据块', 'Active energy import, total and tariffs', 4, 2, 'kWh'],
  ['0002FF00', '反向有功电能数据块', 'Active energy export, total and tariffs', 4, 2, 'kWh'],
  ['0001FF01', '上1结算日正向有功电能数据块', 'Active energy import at the last settlement day', 4, 2, 'kWh'],
  ['0201FF00', '电压数据块', 'Voltages', 2, 1, 'V'],
  ['0202FF00', '电流数据块', 'Currents', 3, 3, 'A', 'signed'],
  ['0203FF00', '有功功率数据块', 'Active powers', 3, 4, 'kW', 'signed'],
  ['0204FF00', '无功功率数据块', 'Reactive powers', 3, 4, 'kvar', 'signed'],
  ['0206FF00', '功率因数数据块', 'Power factors', 2, 3, '', 'signed'],
  ['05060101', '上1次日冻结正向有功电能数据', 'Active energy import at the last daily freeze', 4, 2, 'kWh'],
  ['05060201', '上1次日冻结反向有功电能数据', 'Active energy export at the last daily freeze', 4, 2, 'kWh'],
]
const times2007: Row[] = [
  ['04000101', '日期及星期', 'Date and weekday', 4, 0, 'YYMMDDWW'],
  ['04000102', '时间', 'Time', 3, 0, 'hhmmss'],
  ['05060001', '上1次日冻结时间', 'Time of the last daily freeze', 5, 0, 'YYMMDDhhmm'],
]
const words2007: Row[] = Array.from({ length: 7 }, (_, n) => [
  `0400050${n + 1}`, `电表运行状态字${n + 1}`, `Status word ${n + 1}`, 2, 0, '',
]) // prettier-ignore

const rows1997: Row[] = [
  ...tariffs.map(([t, name], n): Row => [
    `901${n}`,
    `正向有功${t}`,
    `Active energy import, ${name}`,
    4,
    2,
    'kWh',
  ]),
  ...tariffs.map(([t, name], n): Row => [
    `902${n}`,
    `反向有功${t}`,
    `Active energy export, ${name}`,
    4,
    2,
    'kWh',
  ]),
  ...phases.map(([p, name], n): Row => [`B61${n + 1}`, `${p}电压`, `Voltage, ${name}`, 2, 0, 'V']),
  ...phases.map(([p, name], n): Row => [`B62${n + 1}`, `${p}电流`, `Current, ${name}`, 2, 2, 'A']),
  ['B630', '瞬时有功功率', 'Active power', 3, 4, 'kW'],
  ...phases.map(([p, name], n): Row => [`B63${n + 1}`, `${p}有功功率`, `Active power, ${name}`, 3, 4, 'kW']),
  ['B640', '瞬时无功功率', 'Reactive power', 2, 2, 'kvar'],
  ['B650', '总功率因数', 'Power factor', 2, 3, ''],
  ['C032', '表号', 'Meter number', 6, 0, ''],
]
const words1997: Row[] = [['C020', '电表运行状态字', 'Status word', 1, 0, '']]
const times1997: Row[] = [
  ['C010', '日期及周次', 'Date and weekday', 4, 0, 'YYMMDDWW'],
  ['C011', '时间', 'Time', 3, 0, 'hhmmss'],
]

function table(
  edition: Dlt645Edition,
  form: Dlt645Identifier['form'],
  rows: readonly Row[],
): Dlt645Identifier[] {
  return rows.map(([di, zh, en, length, places, unit, sign]) => ({
    edition, di, label: { zh, en }, length, places, unit, signed: sign === 'signed', form,
  })) // prettier-ignore
}

export const identifiers: readonly Dlt645Identifier[] = [
  ...table('2007', 'bcd', rows2007),
  ...table('2007', 'block', blocks2007),
  ...table('2007', 'time', times2007),
  ...table('2007', 'bits', words2007),
  ...table('1997', 'bcd', rows1997),
  ...table('1997', 'bits', words1997),
  ...table('1997', 'time', times1997),
]

const byDi = new Map(identifiers.map((identifier) => [identifier.di, identifier]))

/** What the standard says about an identifier; undefined for one of a manufacturer's own. */
export function findIdentifier(di: string): Dlt645Identifier | undefined {
  return byDi.get(di)
}
