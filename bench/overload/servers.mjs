// The lines of the overload benchmark: which server, how it is started, how it is drawn.
//
// Used by overload.mjs, chart.mjs and report.mjs. A server counts as installed by the same rule as
// those of bench/lib/peers.mjs.

export const servers = [
  { name: 'lanner', app: 'overload-lanner', packages: ['lanner'], colour: '#c2410c' },
  {
    name: 'lanner without bounds',
    app: 'overload-lanner',
    env: { OVERLOAD: 'off' },
    packages: ['lanner'],
    colour: '#e8a87c',
  },
  { name: 'node-http', app: 'overload-node-http', packages: [], colour: '#475569' },
  {
    name: 'fastify + under-pressure',
    app: 'overload-fastify',
    packages: ['fastify', '@fastify/under-pressure'],
    colour: '#7c3aed',
  },
  { name: 'uws', app: 'overload-uws', packages: ['uWebSockets.js'], colour: '#0f766e' },
]
