// What the server for slow clients and the script that starts it must agree on.

/** Bytes that a handler gives at a time. */
export const PIECE_BYTES = 16_384
