import { defineConfig } from 'vitest/config'

/** Whole programs under a clock of their own: they run when everything else is done. */
const wholePrograms = ['test/{e2e,faults,docs}/**/*.e2e.test.ts', 'test/faults/**/*.test.ts']
/** What is waited for comes sooner or later; how soon says nothing on a machine that others use. */
const expect = { poll: { timeout: 20_000, interval: 25 } }
const ignored = ['**/node_modules/**', '**/build/**', 'data/**']

export default defineConfig({
  test: {
    // One PostgreSQL server for all hubs of the run
    globalSetup: ['hub/src/platform/testing-setup.ts'],
    projects: [
      {
        test: {
          name: 'units',
          include: ['{protocols,edge,hub,simulators,ui,demo,test}/**/*.test.ts'],
          exclude: [...ignored, ...wholePrograms],
          expect,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Most of the time is spent waiting for sockets and timers
          maxWorkers: 3,
          // The hub's modules are loaded once per worker, not once per file
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'whole',
          include: wholePrograms,
          exclude: ignored,
          expect,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
