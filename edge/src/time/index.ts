export { systemBootTime, type BootTime } from './boot-time.ts'
export { ClockStore } from './clock-store.ts'
export { TimeKeeper } from './time-keeper.ts'
