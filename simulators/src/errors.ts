/** Codes of the AppErrors that this package throws; the control port answers with them. */
export const SimulatorErrorCode = {
  /** Options, flags or environment are wrong; details.issues lists all of it. */
  badOptions: 'simulator.bad_options',
  /** A request to the control port is wrong; details.issues. */
  badRequest: 'simulator.bad_request',
  /** No such path or meter. */
  notFound: 'simulator.not_found',
  /** The meter cannot have this fault, such as a rollover without a known number of digits. */
  faultImpossible: 'simulator.fault_impossible',
} as const
export type SimulatorErrorCode = (typeof SimulatorErrorCode)[keyof typeof SimulatorErrorCode]
