// npm run bench: builds what is missing, then runs the cross-platform benchmark (bench/run.mjs)
// with our arguments.

import { runApp } from './lib/app.mjs'

await runApp('bench/run.mjs')
