import { writeFileSync } from 'node:fs'
import { configPage } from './config-page-text.ts'

writeFileSync(new URL('../CONFIG.md', import.meta.url), await configPage())
