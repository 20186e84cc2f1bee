/** How a gateway is told where its hub is and who it is. */

/** What the QR code holds and `courtyard-edge run --enrol` takes. `caSha256`: fingerprint of the hub's CA, if it has one. */
export function enrolmentLink(hubUrl: string, token: string, caSha256: string | null): string {
  const query = new URLSearchParams({ hub: hubUrl, token, ...(caSha256 ? { ca: caSha256 } : {}) })
  return `courtyard://enrol?${query}`
}

/** In single quotes: nothing in the link is for the shell. */
export const enrolmentCommand = (link: string): string => `courtyard-edge run --enrol '${link}'`

/** `66:AF:…` → `66af…`, as site files and links have it. */
export const plainFingerprint = (sha256: string): string => sha256.replaceAll(':', '').toLowerCase()
