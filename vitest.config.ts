// How the TypeScript tests run: each file in a process of its own, because the addon lives once in
// a process and a test that ends a process must not end the others.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Ten times what the longest test takes on an idle machine: a busy one is no reason to fail.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // What is waited for may have to wait for the machine: see test/support/patience.ts.
    expect: { poll: { timeout: 20_000, interval: 5 } },
    dangerouslyIgnoreUnhandledErrors: false,
    reporters: ['default'],
  },
})
