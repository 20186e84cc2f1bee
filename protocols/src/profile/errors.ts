/** Codes of the AppErrors that this folder throws. */
export const ProfileErrorCode = {
  /** A profile file is wrong; details.issues: file, path and reason of every fault of every file. */
  invalid: 'profile.invalid',
} as const
export type ProfileErrorCode = (typeof ProfileErrorCode)[keyof typeof ProfileErrorCode]
