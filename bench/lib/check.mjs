// Looks at one answer of a server before anything is timed.
//
// Called by scenario.mjs. The load checks each body again while it runs; here a wrong server is
// named with what it said.

export async function checkAnswer(server, scenario) {
  const { path, method = 'GET', headers, body, answer, name } = scenario
  const signal = AbortSignal.timeout(10_000)
  const response = await fetch(server.url + path, { method, headers, body, signal })
  const text = await response.text()
  if (response.status === 200 && text === answer) return
  const got = text.length > 100 ? `${text.slice(0, 100)}… (${text.length} characters)` : text
  throw new Error(`${server.name} answers ${name} wrongly: ${response.status} ${got}`)
}
