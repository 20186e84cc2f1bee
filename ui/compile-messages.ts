/** Compiles the messages for the type check; a build does it by itself. */
import { compile } from '@inlang/paraglide-js'
import { messageOptions } from './messages.config.ts'

await compile(messageOptions)
