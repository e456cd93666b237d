// npm run conformance -- --port N [--host H]: builds what is missing, then serves the conformance
// application (test/conformance/app.mjs), which protocol test suites are pointed at.

import { runApp } from './lib/app.mjs'

await runApp('test/conformance/app.mjs')
