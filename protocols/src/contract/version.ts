/** Version of the messages between edge and hub; part of every topic. */
export const TELEMETRY_VERSION = 1
