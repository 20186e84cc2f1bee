/** What every simulated device besides the Modbus neighbourhood has in common. */

/** Faults that each family understands in its own protocol. */
export type DeviceFault = 'silent' | 'reset' | 'garbage' | 'refusing'

export interface RunningDevice {
  /** Where it listens; for serial devices the path of the port. */
  readonly port: number
  /** `unit` names one of several units behind the port. */
  setFault(unit: string, fault: DeviceFault | null): void
  /** Closes every port and connection. */
  stop(): Promise<void>
}
