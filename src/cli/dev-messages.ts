// What dev and the process that it starts say to each other.

/** What the process is to do, as JSON in the variable DEV_TASK. */
export interface DevTask {
  /** The full path of the file. */
  readonly file: string
  /** Descriptors that it inherits and that listen already. */
  readonly fds: readonly number[]
  /** Where to listen when there is no descriptor. */
  readonly host: string
  readonly port: number
}

export const DEV_TASK = 'LANNER_DEV_TASK'

/** The process listens. */
export interface DevReady {
  readonly lanner: 'ready'
  readonly url: string
  readonly port: number
}

/** The process shall close and end. */
export interface DevClose {
  readonly lanner: 'close'
  readonly graceMs: number
}
