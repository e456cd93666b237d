// npm run bench:stuck: builds what is missing, then measures the network side of a server whose
// JavaScript is stuck (bench/stuck.mjs) with our arguments.

import { runApp } from './lib/app.mjs'

await runApp('bench/stuck.mjs')
