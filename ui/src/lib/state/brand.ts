import { m } from '#lib/paraglide/messages.js'

/** The company's name, which the hub puts into the page (settings, “Name”); else the program's. */
export const appName = (): string =>
  document.querySelector<HTMLMetaElement>('meta[name=application-name]')?.content ?? m.app_name()
