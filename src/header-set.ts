// Header fields that many replies have in common, checked and encoded once.
//
// Made with the application, used by ctx.setHeaders(). Promises that a set can be sent as it is:
// fields that belong to the server are refused when it is made.

import { LannerError } from './errors.js'
import { isOfServer } from './headers.js'
import { FieldBlock } from './native/field-block.js'
import { fieldsOf } from './reply-fields.js'

import type { FieldInit } from './reply-fields.js'

/** Header fields that were checked, for `ctx.setHeaders()`. Replies with many fields cost less. */
export class HeaderSet {
  /** Names and values in turn. */
  readonly list: readonly string[]
  /** @internal */
  readonly block: FieldBlock

  constructor(fields: FieldInit) {
    const list = fieldsOf(fields)
    for (const name of Object.keys(fields)) {
      const lower = name.toLowerCase()
      if (!isOfServer(lower)) continue
      throw new LannerError(
        'LANNER_HEADER_RESERVED',
        `The header field ${name} belongs to the server and cannot be set.`,
      )
    }
    this.list = Object.freeze(list)
    this.block = new FieldBlock(list)
  }
}
