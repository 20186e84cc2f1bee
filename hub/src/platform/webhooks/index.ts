/** Other systems are told what happens. */
import './reasons.ts'
export { emitEvent, emitEvents, type HubEvent } from './emit.ts'
export {
  eventKind,
  eventKinds,
  recordEventType,
  registerEvents,
  TEST_EVENT,
  type EventKind,
} from './event-kinds.ts'
