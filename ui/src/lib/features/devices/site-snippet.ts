/** The head of a gateway's `site.yaml`; buses and devices follow below it. */
export function siteSnippet(
  hubUrl: string,
  token: string,
  name: string,
  caSha256: string | null = null,
): string {
  return `gateway:
  name: ${JSON.stringify(name)}
  dataDir: ./edge-data
hub:
  url: ${hubUrl}
  enrolmentToken: ${token}
${caSha256 ? `  caSha256: ${caSha256}\n` : ''}`
}
