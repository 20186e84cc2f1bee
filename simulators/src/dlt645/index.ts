export { startDlt645Line, type Dlt645LineOptions, type RunningDlt645Line } from './dlt645-line.ts'
export type { Dlt645Meter, Dlt645MeterOptions } from './meter.ts'
