export { meaningOf, MAJOR_ALARM, MAJOR_EVENT, type AcsMeaning } from './acs-codes.ts'
export { digestAuthorization, parseChallenge, type DigestChallenge, type DigestRequest } from './digest.ts'
export { IsapiErrorCode } from './errors.ts'
export { acsEvent, anprEvent, fieldsOf, liveAcsRecord, searchedAcsRecord, textOf, wholeOf, type AcsRecord, type Fields, type LaneSetup, type ReadTime } from './events.ts' // prettier-ignore
export { boundaryOf, MultipartReader, type StreamPart } from './multipart.ts'
