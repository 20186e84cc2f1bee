export { CommandJournal } from './command-journal.ts'
export { Commands } from './commands.ts'
export { commandsOf } from './device-commands.ts'
