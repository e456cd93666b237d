// The clients of the chaos test: those that stay, those that go, and those that break the rules.
//
// Used by chaos.mjs. Each client is one connection with a temper drawn from its own numbers, so
// that a seed gives the same clients again; when they meet is up to the system.

import { setTimeout as sleep } from 'node:timers/promises'

import { Conversation, reset } from './conversation.mjs'
import { broken, large, stopping, valid } from './requests.mjs'

/** Tempers, as often as they are written here in a hundred. */
const TEMPERS = [
  [stays, 60],
  [quits, 16],
  [breaksRules, 14],
  [readsSlowly, 4],
  [stops, 3],
  [isSilent, 1],
  [isDeaf, 1],
  [crowds, 1],
]

/** One connection from its beginning to its end. */
export async function play(world, below) {
  let at = below(100)
  const [temper] = TEMPERS.find(([, share]) => (at -= share) < 0)
  const client = new Conversation(world)
  client.note = temper.name
  if (!(await client.isConnected())) return world.refused()
  world.count(temper.name)
  await temper(client, world, below)
  await client.judge()
}

/** Waits for every reply, and goes in one of the ways in which one goes. */
async function stays(client, world, below) {
  await converse(client, world, below)
  const isFinished = below(4) === 0 && !client.isClosed
  if (isFinished) client.finish()
  await client.replies()
  if (isFinished) await client.until(() => client.isClosed)
  // Some come back to a connection that has rested.
  else if (below(3) === 0 && !client.isOver && !client.isClosed) {
    await sleep(below(300))
    if (!client.isClosed) await converse(client, world, below)
    await client.replies()
  }
  leave(client, below)
}

/** Goes in the middle of something. */
async function quits(client, world, below) {
  const talk = converse(client, world, below)
  await sleep(below(2) * below(200))
  if (below(3) === 0) {
    client.finish()
    await sleep(below(20))
  }
  client.quit(below(2) === 0)
  await talk
}

async function breaksRules(client, world, below) {
  await converse(client, world, below, below(6))
  if (!client.isOver && !client.isClosed) await client.send(broken(below), cuts(below))
  await client.replies()
  if (below(2) === 0) await client.until(() => client.isClosed || client.socket.readableEnded)
  leave(client, below)
}

/** Lets the reply wait in the system's buffers for a while. */
async function readsSlowly(client, world, below) {
  client.isSlow = true
  const talk = converse(client, world, below)
  for (let i = 1 + below(8); i > 0; i--) {
    client.socket.pause()
    await sleep(below(100))
    client.socket.resume()
    await sleep(below(5))
  }
  await talk
  await client.replies()
  leave(client, below)
}

/** Sends a part and holds the connection: the server must end it, with a reply. */
async function stops(client, world, below) {
  await client.send(stopping(below), cuts(below))
  await client.replies()
  await client.until(() => client.isClosed || client.socket.readableEnded)
  leave(client, below)
}

/** Says nothing: the server must end it, without a reply. */
async function isSilent(client) {
  await client.until(() => client.isClosed)
}

/** Asks for much and reads nothing: the server must end it. */
async function isDeaf(client, world, below) {
  client.socket.pause()
  for (let i = 0; i < 50 && !client.isClosed; i++) await client.send(large(), cuts(below))
  await sleep(below(6000))
  client.quit(true)
}

/** More connections at once than the server takes. */
async function crowds(client, world, below) {
  if (!world.crowd(true)) return
  const others = Array.from({ length: 260 }, () => new Conversation(world))
  await sleep(below(300))
  for (const other of others) other.quit(below(2) === 0)
  world.crowd(false)
  client.quit(true)
}

async function converse(client, world, below, n = 1 + below(below(4) === 0 ? 40 : 6)) {
  const cut = cuts(below)
  for (let i = 0; i < n; i++) {
    const exchange = valid(below, world.mayBlock())
    // One in two waits for the reply before the next request.
    await client.send(exchange, cut)
    if (below(2) === 0) await client.until(() => !client.open.includes(exchange) || client.isOver)
    if (client.isOver || client.isClosed || client.hasQuit || client.finishedAt < Infinity) return
  }
}

/** How long pieces are: whole requests mostly, a few bytes sometimes. */
function cuts(below) {
  const longest = [1_000_000, 60_000, 3000, 40][below(4)]
  let left = 60
  // Not for ever: a long body in small pieces ends in large ones.
  return () => (left-- > 0 ? 1 + below(longest) : 1_000_000)
}

function leave(client, below) {
  if (!client.isClosed) reset(client.socket, below(3) === 0)
}
