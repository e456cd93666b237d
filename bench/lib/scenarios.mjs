// The requests of each scenario and the one right answer to them.
//
// Imported by options.mjs, check.mjs and load.mjs. The servers' side is bench/apps/common.mjs.

const HELLO = 'Hello, World!'

/** As a browser sends them; two of them are read. */
const browser = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en-GB,en;q=0.9,de;q=0.8',
  'accept-encoding': 'gzip, deflate, br',
  'cache-control': 'no-cache',
  referer: 'http://localhost:3000/start',
  cookie: 'sid=0123456789abcdef; theme=dark',
  'upgrade-insecure-requests': '1',
  dnt: '1',
  'x-request-id': '7c9e6679-7425-40de-944b-e07fc1f90ae7',
}

const document = { name: 'Ada', text: '', list: [1, 2, 3] }
document.text = 'x'.repeat(1024 - JSON.stringify(document).length)
const MEBIBYTE = 1024 * 1024

/**
 * `connectionsMax` keeps the bodies that are on their way at one time within what a small machine
 * has.
 */
export const scenarios = [
  { name: 'text', about: 'a short text', path: '/', answer: HELLO },
  {
    name: 'json',
    about: 'an object, serialised per request',
    path: '/json',
    answer: JSON.stringify({ message: HELLO }),
  },
  {
    name: 'params',
    about: 'two path parameters, one of 50 routes',
    path: '/users/4711/posts/81234',
    answer: JSON.stringify({ id: '4711', postId: '81234' }),
  },
  {
    name: 'headers',
    about: '12 request headers, two of them read',
    path: '/headers',
    headers: browser,
    answer: `${browser['user-agent'].length}:${browser['accept-language'].length}`,
  },
  {
    name: 'echo',
    about: '1 KB of JSON in, one member out',
    method: 'POST',
    path: '/echo',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
    answer: JSON.stringify({ name: document.name }),
  },
  {
    name: 'upload',
    about: '1 MB in, counted as it comes',
    method: 'POST',
    path: '/upload',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(MEBIBYTE, 'u'),
    answer: JSON.stringify({ bytes: MEBIBYTE }),
    connectionsMax: 16,
  },
  {
    name: 'stream',
    about: '64 chunks of 1 KB out, from an async generator',
    path: '/stream',
    answer: 'c'.repeat(64 * 1024),
    connectionsMax: 16,
  },
]
