// How the TypeScript tests run: each file in a process of its own, because the addon lives once in
// a process and a test that ends a process must not end the others.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 10_000,
    dangerouslyIgnoreUnhandledErrors: false,
    reporters: ['default'],
  },
})
