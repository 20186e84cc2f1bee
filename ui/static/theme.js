// Runs before the first paint, so that neither theme nor language flashes.
;(() => {
  const stored = localStorage.getItem('courtyard.theme')
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.documentElement.lang = localStorage.getItem('courtyard.locale') === 'en' ? 'en' : 'zh-CN'
})()
