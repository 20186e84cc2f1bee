/**
 * How V8 keeps house on a small box. Left alone it takes what memory the machine has: its young generation grows to
 * three times 16 MiB and more, and the old one is collected the later the larger it may become. Measured in
 * docs/performance.md.
 */
export const runtimeFlags = ['--max-semi-space-size=4', '--max-old-space-size=256']
