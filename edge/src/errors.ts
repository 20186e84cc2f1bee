/** Every error code of the edge agent. Codes are stable: programs and translations look at them. */
export const errorCodes = {
  /** The configuration file is missing, is not YAML, or breaks the schema; `details.issues` lists all faults. */
  configInvalid: 'edge.config_invalid',
  /** A configuration from the hub cannot be read from the disk. */
  configStore: 'edge.config_store',
  /** The command line is not understood. */
  usage: 'edge.usage',
  /** Another agent runs on the same data folder. */
  dataDirInUse: 'edge.data_dir_in_use',
  /** The data folder cannot be made or written. */
  dataDirUnusable: 'edge.data_dir_unusable',
  /** The address of the status page is taken or is none of this machine's. */
  statusAddress: 'edge.status_address',
  /** The file to import cannot be read. */
  importUnreadable: 'edge.import_unreadable',
  /** The outbox file is not ours or is damaged; at start it is moved aside. */
  outboxCorrupt: 'edge.outbox_corrupt',
  /** The outbox was written by a newer agent; it is left alone. */
  outboxTooNew: 'edge.outbox_too_new',
  /** The disk, or the page limit of the outbox file, is exhausted; readings are refused until there is room. */
  outboxDiskFull: 'edge.outbox_disk_full',
  /** Another process held the outbox for longer than the busy timeout; nothing is lost, it is tried again. */
  outboxBusy: 'edge.outbox_busy',
  /** The outbox could not write for another reason. */
  outboxFailed: 'edge.outbox_failed',
  /** An import would push the outbox over `outbox.maxBytes` and evict what is not sent yet. */
  outboxFull: 'edge.outbox_full',
  /** The hub refused the enrolment token. */
  enrolmentRefused: 'edge.enrolment_refused',
  /** The hub cannot be reached, or answered something that is not an enrolment. */
  enrolmentFailed: 'edge.enrolment_failed',
  /** The token would go to a public address over plain http, where anybody on the way can read it. */
  enrolmentInsecure: 'edge.enrolment_insecure',
  /** The hub does not show the CA whose fingerprint the site file names, or its certificate is not of that CA. */
  hubUntrusted: 'edge.hub_untrusted',
  /** What the hub issued is not a certificate for this gateway's key by the hub's CA. */
  certificateInvalid: 'edge.certificate_invalid',
  /** A request of the hub could not be answered; the message says why. */
  requestFailed: 'edge.request_failed',
  /** As many requests of the hub as may run at once are running. */
  requestBusy: 'edge.request_busy',
  /** A request of the hub took longer than its limit. */
  requestTooLong: 'edge.request_too_long',
  /** There is no such device, bus or picture here. */
  notHere: 'edge.not_here',
  /** There are neither credentials nor a token. */
  noIdentity: 'edge.no_identity',
  /** `credentials.json` does not hold credentials. */
  credentialsInvalid: 'edge.credentials_invalid',
  /** `credentials.json` is there and cannot be read. */
  credentialsUnreadable: 'edge.credentials_unreadable',
  /** The bus cannot be connected or broke while a request was out. */
  busDisconnected: 'edge.bus_disconnected',
  /** No device (or bus) of that name is configured here. */
  deviceUnknown: 'edge.device_unknown',
  /** No answer in time. */
  requestTimeout: 'edge.request_timeout',
  /** The device answered with an exception; `details.exception` is the Modbus code. */
  requestRefused: 'edge.request_refused',
  /** The device answered something that is not an answer to the request. */
  replyInvalid: 'edge.reply_invalid',
  /** The device has no such command, or cannot be told this value; nothing was sent. */
  commandInvalid: 'edge.command_invalid',
} as const
export type ErrorCode = (typeof errorCodes)[keyof typeof errorCodes]
