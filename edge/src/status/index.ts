export { toStatusMessage, type AgentState, type BusState } from './agent-state.ts'
export { StatusServer } from './status-server.ts'
export { HealthMeter } from './health-meter.ts'
