// Gives up a body that nobody will read.
//
// Called where a reply is replaced or comes too late. Promises that a source which was not pulled
// from is told, and that one which somebody else reads is left alone.

import { LannerError } from '../errors.js'
import { isStreamBody } from '../response.js'
import { toPuller } from './pull.js'

/** Tells a source that was never pulled from that nobody will. */
export function cancelSource(body: unknown): void {
  if (typeof body !== 'object' || body === null || !isStreamBody(body)) return
  try {
    void toPuller(body).cancel(new LannerError('LANNER_PEER_GONE'))
  } catch {
    // Somebody else reads it: then it is theirs.
  }
}
