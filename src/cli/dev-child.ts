// The process that serves the application under dev; dev.ts starts it anew at each change.
//
// Does not catch what the application throws: Node shows that with its line, and dev waits for the
// next change. Ends with its parent.

import { loadApplication } from './application.js'
import { DEV_TASK } from './dev-messages.js'
import { CliError } from './errors.js'
import { listen, withoutPlace } from './listen.js'
import { painter } from './terminal.js'

import type { Server } from '../server.js'
import type { DevClose, DevReady, DevTask } from './dev-messages.js'

let server: Server | undefined

process.on('disconnect', () => process.exit())
// The terminal tells the whole group; the parent says what follows from it.
process.on('SIGINT', () => {})
process.on('message', (message) => {
  if ((message as Partial<DevClose> | null)?.lanner === 'close') close(message as DevClose)
})

try {
  const task = JSON.parse(process.env[DEV_TASK] ?? '{}') as DevTask
  Reflect.deleteProperty(process.env, DEV_TASK)
  await serveTask(task)
} catch (error) {
  if (!(error instanceof CliError)) throw error
  process.stderr.write(`${painter(process.stderr)('red', 'lanner:')} ${error.message}\n`)
  process.exit(error.exitCode)
}

async function serveTask({ file, fds, host, port }: DevTask): Promise<void> {
  const application = await loadApplication(file)
  const place = fds.length > 0 ? { endpoints: fds.map((fd) => ({ fd })) } : { host, port }
  server = await listen(application, {
    development: true,
    ...withoutPlace(application.options),
    ...place,
  })
  const { url, address } = server
  const ready: DevReady = { lanner: 'ready', url, port: address.port }
  process.send?.(ready)
}

function close({ graceMs }: DevClose): void {
  // What never listened has nothing to finish.
  if (server === undefined) process.exit()
  void server.close({ gracePeriodMs: graceMs }).then(() => process.exit())
}
