// npm run bench:overload: builds what is missing, then measures servers under overload
// (bench/overload.mjs) with our arguments.

import { runApp } from './lib/app.mjs'

await runApp('bench/overload.mjs')
