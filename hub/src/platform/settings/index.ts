/** Settings that people change while the hub runs: declared by who reads them, edited in the console. */
import './reasons.ts'
export { registerSettings, type SettingsGroup, type SettingWords } from './group.ts'
export { TimeOfDay, TimeZone } from './schemas.ts'
export { Settings } from './settings.ts'
