// Runs inside each benchmark server, before its own code: says what the process has used so far.
//
// Loaded by server-process.mjs with --import, so that no server knows about it. One message in, one
// out, on the channel to the benchmark: it works on every platform and costs nothing in between.
// When the benchmark goes, so does the server.

process.on('message', (message) => {
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  process.send({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit(0))
