// Socket activation: which descriptors the environment names, and what it says when it names none.

import { expect, test } from 'vitest'

import { systemdDescriptors } from '../../src/systemd.ts'

const two = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:admin' }

test.each([
  [undefined, two, [3, 4]],
  ['web', two, [3]],
  ['admin', two, [4]],
  ['web', { ...two, LISTEN_FDNAMES: 'web:web' }, [3, 4]],
  [undefined, { LISTEN_PID: '7', LISTEN_FDS: '1' }, [3]],
])('%s of %j', (name, env, descriptors) => {
  expect(systemdDescriptors(name, env, 7)).toEqual(descriptors)
})

test.each([
  [undefined, {}, /LISTEN_PID and LISTEN_FDS are not set/],
  [undefined, { LISTEN_PID: '7' }, /LISTEN_PID and LISTEN_FDS are not set/],
  [undefined, { ...two, LISTEN_PID: '8' }, /LISTEN_PID is "8" and this process is 7/],
  [undefined, { ...two, LISTEN_PID: '07' }, /LISTEN_PID is "07"/],
  [undefined, { ...two, LISTEN_FDS: '0' }, /LISTEN_FDS is "0"/],
  [undefined, { ...two, LISTEN_FDS: '-1' }, /LISTEN_FDS is "-1"/],
  [undefined, { ...two, LISTEN_FDS: '9999999' }, /LISTEN_FDS is "9999999"/],
  ['api', two, /none is called "api": their names are web, admin/],
  ['api', { LISTEN_PID: '7', LISTEN_FDS: '1' }, /none is called "api": none has a name/],
])('no %s in %j', (name, env, message) => {
  const look = (): unknown => systemdDescriptors(name, env, 7)
  expect(look).toThrow(message)
  expect(look).toThrow(expect.objectContaining({ code: 'LANNER_SYSTEMD' }))
})
