/** Rules about register reads that the hub and the phone of a reader share. Integers are at the register's scale. */
export { mostIn, stepFault, type CountingRegister } from './plausibility.ts'
