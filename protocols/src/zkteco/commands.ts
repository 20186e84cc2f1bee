/**
 * Command, reply and event numbers of ZKTeco standalone terminals. Sources: ZKSoftware "A series of standalone
 * product: communication protocol manual" (2006); adrobinoga/zk-protocol `protocol.md`; fananimi/pyzk `zk/const.py`.
 */
export const Command = {
  userWrite: 8,
  userTemplateRead: 9,
  optionsRead: 11,
  attendanceLogRead: 13,
  clearAttendanceLog: 15,
  deleteUser: 18,
  unlock: 31,
  freeSizes: 50,
  doorState: 75,
  getTime: 201,
  setTime: 202,
  registerEvent: 500,
  connect: 1000,
  exit: 1001,
  enableDevice: 1002,
  disableDevice: 1003,
  refreshData: 1013,
  auth: 1102,
  prepareData: 1500,
  data: 1501,
  freeData: 1502,
  /** Asks for a table; the terminal puts a copy into its buffer. */
  dataRequest: 1503,
  /** Asks for a piece of that buffer. */
  dataReady: 1504,
} as const

export const Reply = {
  ok: 2000,
  error: 2001,
  data: 2002,
  retry: 2003,
  repeat: 2004,
  unauthorised: 2005,
} as const
/** Replies from here up are refusals: unknown command, bad command, not initialised, bad data. */
export const FIRST_ERROR_REPLY = 0xfff0

/** Bits by which events are registered, and the code that stands in an event's session field. */
export const RealtimeEvent = {
  attendance: 1,
  finger: 2,
  enrolledUser: 4,
  enrolledFinger: 8,
  button: 16,
  unlock: 32,
  verify: 128,
  fingerScore: 256,
  alarm: 512,
} as const
/** What `registerEvent` sends to get all of them (zk-protocol, "Enable Realtime"). */
export const ALL_EVENTS = 0xffff

/** Bytes that one `dataReady` may ask for (pyzk, `read_with_buffer`). */
export const MAX_CHUNK_BYTES = { tcp: 0xffc0, udp: 16 * 1024 } as const

/** Tables that `dataRequest` reads: 1, command, function. */
export const BulkTable = {
  attendanceLog: { command: Command.attendanceLogRead, function: 0 },
  users: { command: Command.userTemplateRead, function: 5 },
} as const
export type BulkTable = (typeof BulkTable)[keyof typeof BulkTable]
