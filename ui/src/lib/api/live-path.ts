import type { LIVE_PATH } from '@courtyard/protocols/contract'

/** The address of the event stream; typed by the contract, so a change there is an error here. */
export const LIVE_PATH_TEXT: typeof LIVE_PATH = '/api/live'
