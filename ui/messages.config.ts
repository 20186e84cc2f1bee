import type { CompilerOptions } from '@inlang/paraglide-js'

/** How the messages are compiled; the build and the type check must agree. */
export const messageOptions: CompilerOptions = {
  project: './project.inlang',
  outdir: './src/lib/paraglide',
  emitTsDeclarations: true,
  strategy: ['localStorage', 'baseLocale'],
  localStorageKey: 'courtyard.locale',
}
