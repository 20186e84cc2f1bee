/**
 * How V8 keeps house on a small box. Left alone it takes what memory the machine has: its young generation grows to
 * three times 16 MiB and more, and the old one is collected the later the larger it may become. Measured in
 * docs/performance.md.
 */
export const runtimeFlags = ['--max-semi-space-size=4', '--max-old-space-size=256']

/**
 * How glibc keeps house; other C libraries don't look at it. Left alone it gives each thread of V8 and Node a heap of
 * its own that never shrinks, and once a large block was freed it keeps the next ones: 36 of 220 MB with 1,000 devices.
 */
export const runtimeEnvironment = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: String(128 * 1024) }
