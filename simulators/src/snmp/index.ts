export { startSnmpAgent, type RunningSnmpAgent, type SnmpAgentOptions, type SnmpVariable } from './agent.ts'
