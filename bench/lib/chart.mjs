// The CPU time per request of each server relative to the baseline, as an SVG of horizontal bars.
//
// Called by run.mjs. Pure: takes the object of results.json and gives the text of a file that needs
// nothing else, no script and no font, and reads on light and dark pages.

import { ratio } from './stats.mjs'

const WIDTH = 760
const LEFT = 170
const RIGHT = 60
const BAR = 16
const GAP = 18
const TOP = 76
const colours = {
  lanner: '#c2410c',
  'node-http': '#64748b',
  fastify: '#94a3b8',
  express: '#a8a29e',
  hono: '#7c9a92',
  koa: '#9d8fb0',
  uws: '#4b7bab',
}

export function toChart(results) {
  const { scenarios, servers, baseline } = results
  const block = servers.length * BAR + GAP
  const height = TOP + scenarios.length * block + 26
  const ratios = scenarios.map((scenario) =>
    servers.map(({ name }) => ratio(scenario, name, baseline, 'cpuUs') ?? 0),
  )
  const most = Math.max(1, ...ratios.flat())
  const scale = (value) => (value / most) * (WIDTH - LEFT - RIGHT)
  const one = LEFT + scale(1)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img"`,
    ` width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12">\n`,
    `<title>CPU time per request relative to ${escape(baseline)}</title>\n`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>\n`,
    text(20, 28, `CPU time per request ÷ ${baseline}`, 'font-size="16" font-weight="600"'),
    text(20, 48, `less is better; ${subtitle(results)}`, 'fill="#57534e"'),
    `<line x1="${one}" x2="${one}" y1="${TOP - 8}" y2="${height - 26}" `,
    'stroke="#1c1917" stroke-dasharray="3 3"/>\n',
    ...scenarios.map((scenario, row) =>
      group(scenario, servers, ratios[row], TOP + row * block, scale),
    ),
    text(one, height - 10, `1.0 = ${baseline}`, 'text-anchor="middle" fill="#57534e"'),
    '</svg>\n',
  ].join('')
}

function group(scenario, servers, ratios, top, scale) {
  const middle = top + (servers.length * BAR) / 2 + 4
  const bars = servers.map(({ name }, i) => bar(name, ratios[i], top + i * BAR, scale(ratios[i])))
  return text(20, middle, scenario.name, 'font-weight="600"') + bars.join('')
}

function bar(name, value, y, width) {
  const isOurs = name === 'lanner' ? 'font-weight="600"' : ''
  return [
    text(LEFT - 8, y + 12, name, `text-anchor="end" ${isOurs}`),
    `<rect x="${LEFT}" y="${y + 1}" width="${width.toFixed(1)}" height="${BAR - 3}" `,
    `fill="${colours[name] ?? '#78716c'}"/>\n`,
    // A halo keeps the number readable where the line of the baseline passes behind it.
    text(
      LEFT + width + 6,
      y + 12,
      value.toFixed(2),
      `${isOurs} stroke="#ffffff" stroke-width="4" paint-order="stroke"`,
    ),
  ].join('')
}

function subtitle({ machine, date, quick }) {
  const cpu = machine.cpu.length > 44 ? `${machine.cpu.slice(0, 43)}…` : machine.cpu
  const text = `${cpu}, ${machine.cores} cores, Node ${machine.node}, ${date.slice(0, 10)}`
  return quick ? `${text}, a quick run` : text
}

function text(x, y, content, attributes = '') {
  const fill = attributes.includes('fill=') ? '' : 'fill="#1c1917" '
  return `<text x="${x.toFixed(1)}" y="${y}" ${fill}${attributes}>${escape(content)}</text>\n`
}

function escape(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (character) => entities[character])
}
