/** Keeps the pages of the portal on the phone. */
import { keepPages } from '#lib/state/keep-pages.ts'

const PAGES = [
  '/(portal)/portal',
  '/(portal)/portal/bills',
  '/(portal)/portal/bills/[id]',
  '/(portal)/portal/energy',
  '/(portal)/portal/news',
  '/(portal)/portal/account',
  '/(portal)/portal/sign-in',
] as const

export const keepPortal = (): Promise<void> => keepPages('/portal', PAGES)
