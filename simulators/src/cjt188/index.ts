export { startCjt188Line, type Cjt188LineOptions, type RunningCjt188Line } from './cjt188-line.ts'
export type { Cjt188Meter, Cjt188MeterOptions } from './meter.ts'
