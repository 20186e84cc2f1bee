/** Telling people something: `notify` in the transaction of what happened, texts registered by modules. */
export { notify, type Notification } from './notify.ts'
export type { Recipient } from './recipients.repository.ts'
export { registerMessageTemplate, type MessageTemplate, type MessageValue } from './template.ts'
