import { send } from '#lib/api/client.ts'

let asked: Promise<boolean> | undefined

/** Whether this hub keeps files; without it no control for them is shown. Asked once per page load. */
export function filesAreKept(): Promise<boolean> {
  asked ??= send('GET /api/openapi.json').then(
    (api) => '/api/attachments' in ((api as { paths?: object }).paths ?? {}),
    () => false,
  )
  return asked
}
