// npm start: builds what is missing and serves examples/hello on port 3000 (PORT changes it).

import { runApp } from './lib/app.mjs'

await runApp('examples/hello.mjs', undefined, { PORT: process.env.PORT ?? '3000' })
