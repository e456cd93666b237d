// npm run format: rewrites Rust, TypeScript and JavaScript in the house format, then what is
// generated.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { root, run, runTool } from './lib/run.mjs'

const folders = ['src', 'test', 'bench', 'examples', 'scripts', 'native.cjs', 'vitest.config.ts']
const present = folders.filter((path) => existsSync(join(root, path)))

const rust = await run('cargo', ['fmt', '--all'])
const script = await runTool('oxfmt', ['--write', ...present])
process.exitCode = rust.code || script.code
