// The router of those benchmark servers that bring none: a Map for static paths, segments compared
// one by one for the rest.
//
// Imported by node-http.mjs and koa.mjs. Promises no more than the benchmark's routes need.

/** Routes as [method, path, handler] → a function of method and path, giving handler and params. */
export function createMatcher(routes) {
  const exact = new Map()
  const patterns = []
  for (const [method, path, handler] of routes) {
    if (path.includes(':')) patterns.push({ method, segments: path.split('/'), handler })
    else exact.set(`${method} ${path}`, { handler, params: {} })
  }
  return (method, path) => exact.get(`${method} ${path}`) ?? matchPattern(patterns, method, path)
}

function matchPattern(patterns, method, path) {
  const parts = path.split('/')
  for (const { method: own, segments, handler } of patterns) {
    if (own === method && fits(segments, parts)) {
      const params = {}
      for (let i = 1; i < parts.length; i++) {
        if (segments[i][0] === ':') params[segments[i].slice(1)] = decodeURIComponent(parts[i])
      }
      return { handler, params }
    }
  }
}

function fits(segments, parts) {
  if (segments.length !== parts.length) return false
  for (let i = 1; i < parts.length; i++) {
    if (segments[i][0] !== ':' && segments[i] !== parts[i]) return false
  }
  return true
}
