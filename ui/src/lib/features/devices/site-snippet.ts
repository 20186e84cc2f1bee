/** The head of a gateway's `site.yaml`; buses and devices follow below it. */
export function siteSnippet(hubUrl: string, token: string, name: string): string {
  return `gateway:
  name: ${JSON.stringify(name)}
  dataDir: ./edge-data
hub:
  url: ${hubUrl}
  enrolmentToken: ${token}
`
}
