import { overwriteGetLocale, setLocale as storeLocale, type Locale } from '#lib/paraglide/runtime.js'

export type Theme = 'light' | 'dark' | 'system'

/** Language and theme of this browser; both change without a reload and are kept. */
class Preferences {
  #locale = $state<Locale>(localStorage.getItem('courtyard.locale') === 'en' ? 'en' : 'zh-CN')
  #theme = $state<Theme>(readTheme())
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches)

  constructor() {
    // Messages read this state, so a template follows a change of language by itself.
    overwriteGetLocale(() => this.#locale)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      this.#systemDark = event.matches
      this.#apply()
    })
    this.#apply()
  }

  get locale(): Locale {
    return this.#locale
  }
  set locale(locale: Locale) {
    this.#locale = locale
    void storeLocale(locale, { reload: false })
    this.#apply()
  }
  get theme(): Theme {
    return this.#theme
  }
  set theme(theme: Theme) {
    this.#theme = theme
    localStorage.setItem('courtyard.theme', theme)
    this.#apply()
  }
  get dark(): boolean {
    return this.#theme === 'dark' || (this.#theme === 'system' && this.#systemDark)
  }
  #apply(): void {
    document.documentElement.dataset['theme'] = this.dark ? 'dark' : 'light'
    document.documentElement.lang = this.#locale
  }
}

function readTheme(): Theme {
  const stored = localStorage.getItem('courtyard.theme')
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

export const preferences = new Preferences()
