import { m } from '#lib/paraglide/messages.js'

const companyName = (): string | undefined =>
  document.querySelector<HTMLMetaElement>('meta[name=application-name]')?.content

/** The company's name, which the hub puts into the page (settings, “Name”); else the program's. */
export const appName = (): string => companyName() ?? m.app_name()

/** The same for owners and tenants, to whom the program's name says nothing. */
export const portalName = (): string => companyName() ?? m.portal_title()
