// The overload curves as an SVG: what is served, and the latency of it, against what is offered.
//
// Called by overload.mjs. Pure: takes the object of overload.json and gives the text of a file that
// needs nothing else, no script and no font, and reads on light and dark pages.

import { servers as known } from './servers.mjs'

const WIDTH = 760
const LEFT = 70
const RIGHT = 24
const PANEL = 240
const FIRST = 92
const SECOND = FIRST + PANEL + 70
const HEIGHT = SECOND + PANEL + 50

export function toChart({ servers, machine, date }) {
  const points = servers.flatMap((server) => server.points)
  const most = Math.max(...points.map(({ share }) => share))
  const x = (share) => LEFT + (share / most) * (WIDTH - LEFT - RIGHT)
  const goodput = servers.map((server) => ({
    ...server,
    at: server.points.map(({ share, served, seconds }) => [
      share,
      served / seconds / server.sustainable,
    ]),
  }))
  const latency = servers.map((server) => ({
    ...server,
    at: server.points.map(({ share, p99Ms }) => [share, Math.max(p99Ms, 0.1)]),
  }))
  const top = Math.max(1.1, ...goodput.flatMap(({ at }) => at.map(([, y]) => y)))
  const decades = decadesOf(latency.flatMap(({ at }) => at.map(([, y]) => y)))
  const shares = [...new Set(points.map(({ share }) => share))]
  const linear = (y) => FIRST + PANEL * (1 - y / top)
  const height = (y) => (Math.log10(y) - decades[0]) / (decades.at(-1) - decades[0])
  const logarithmic = (y) => SECOND + PANEL * (1 - height(y))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"`,
    ` width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">\n`,
    '<title>Goodput and latency under overload</title>\n',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>\n`,
    text(
      20,
      28,
      'Under overload: what is served, and how late',
      'font-size="16" font-weight="600"',
    ),
    text(20, 46, `${machine.cpu}, Node ${machine.node}, ${date.slice(0, 10)}`, 'fill="#57534e"'),
    legend(servers),
    ...[0, 0.25, 0.5, 0.75, 1].map((y) => grid(linear(y), y.toFixed(2))),
    ...decades.map((power) => grid(logarithmic(10 ** power), label(10 ** power))),
    ...shares.flatMap((share) => [FIRST, SECOND].map((at) => tick(x(share), at + PANEL, share))),
    text(LEFT, FIRST - 8, 'served ÷ sustainable rate', 'fill="#57534e"'),
    text(LEFT, SECOND - 8, 'p99 of the served, from when each was due', 'fill="#57534e"'),
    ...goodput.map((server) => curve(server, x, linear)),
    ...latency.map((server) => curve(server, x, logarithmic)),
    text(WIDTH - RIGHT, HEIGHT - 12, 'offered ÷ sustainable rate', 'text-anchor="end"'),
    '</svg>\n',
  ].join('')
}

function decadesOf(values) {
  const first = Math.floor(Math.log10(Math.min(...values)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))))
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function label(ms) {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}

function grid(y, name) {
  const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"`
  return `${line} stroke="#e7e5e4"/>\n${text(LEFT - 8, y + 4, name, 'text-anchor="end"')}`
}

function tick(x, y, share) {
  return text(x, y + 18, `${share}×`, 'text-anchor="middle" fill="#57534e"')
}

function legend(servers) {
  const step = (WIDTH - 40) / servers.length
  return servers
    .map(({ name }, i) => {
      const x = 20 + i * step
      const size = 'y="58" width="10" height="10"'
      const box = `<rect x="${x.toFixed(1)}" ${size} fill="${colour(name)}"/>\n`
      return box + text(x + 15, 67, name, name === 'lanner' ? 'font-weight="600"' : '')
    })
    .join('')
}

function curve({ name, at }, x, y) {
  const width = name === 'lanner' ? 3 : 1.8
  const points = at.map(([share, value]) => `${x(share).toFixed(1)},${y(value).toFixed(1)}`)
  return (
    `<polyline points="${points.join(' ')}" fill="none" stroke="${colour(name)}" ` +
    `stroke-width="${width}"/>\n`
  )
}

function colour(name) {
  return known.find((server) => server.name === name)?.colour ?? '#78716c'
}

function text(x, y, content, attributes = '') {
  const fill = attributes.includes('fill=') ? '' : 'fill="#1c1917" '
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${fill}${attributes}>${escaped}</text>\n`
}
