// Networks as options name them, and whether an address is in one.
//
// Used by the PROXY protocol, whose trust the native side decides, and by middleware for forwarded
// headers. Promises that an IPv4 address is found in its networks also where the system writes it
// as an IPv6 one.

import { BlockList, isIP } from 'node:net'

import { wrong } from './option-values.js'

import type { PeerAddress } from './native/address.js'

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '169.254.0.0/16',
    'fc00::/7',
    'fe80::/10',
  ],
  any: ['0.0.0.0/0', '::/0'],
}
/** The networks of a list, names written out. */
export function parseNetworks(value: unknown, at: string, of = ''): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong(at + of, 'a list with at least one network', value)
  }
  return value.flatMap((network, index) => networks(network, `${at}[${index}]${of}`))
}

/** Whether an address is in one of the networks, or at the other end of a Unix socket. */
export function networkTest(list: readonly string[]): (peer: PeerAddress) => boolean {
  const blocks = new BlockList()
  for (const network of list) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) blocks.addAddress(address, family)
    else blocks.addSubnet(address, Number(bits), family)
  }
  // Proxies are few, and each brings many requests.
  let lastAddress = ''
  let isLastInside = false
  return ({ address, family }) => {
    if (family === 'unix') return true
    if (address !== lastAddress) {
      isLastInside = blocks.check(address, family === 'IPv4' ? 'ipv4' : 'ipv6')
      lastAddress = address
    }
    return isLastInside
  }
}

function networks(value: unknown, at: string): readonly string[] {
  if (typeof value === 'string') {
    if (Object.hasOwn(NAMED, value)) return NAMED[value]!
    const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(value) ?? []
    const family = isIP(address)
    const isInRange = bits === undefined || Number(bits) <= (family === 4 ? 32 : 128)
    if (family !== 0 && isInRange) return [value]
  }
  const names = Object.keys(NAMED).join(', ')
  throw wrong(at, `a network such as '10.0.0.0/8', an address, or one of ${names}`, value)
}
