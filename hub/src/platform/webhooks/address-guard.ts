/**
 * Where a webhook may lead. Whoever sets one up makes the hub send requests: they must not reach what only the hub can
 * reach. A name is resolved once, every address of it is looked at, and the connection goes to those addresses.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'
import type { LookupAddress } from 'node:dns'
import { WebhookFault } from './reasons.ts'

export interface AddressPolicy {
  /** Private networks are allowed, and plain http within them. */
  readonly privateNetworks: boolean
  /** Receivers on this machine, for trying things out. */
  readonly loopback: boolean
}

type Subnet = readonly [address: string, prefix: number]

/** IANA special-purpose registries (RFC 6890 and later), without what is private or loopback. */
const forbidden4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Inside of clouds, in ranges that are not link-local: Alibaba, Azure
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
]
const private4: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]
/** Inside of 2000::/3, which is all that is public: what stands for IPv4 addresses, and documentation. */
const forbidden6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['fd00:ec2::', 32],
]

const forbidden = listOf(forbidden4, forbidden6)
const private_ = listOf(private4, [['fc00::', 7]])
const loopback = listOf([['127.0.0.0', 8]], [['::1', 128]])
const public6 = listOf([], [['2000::', 3]])

function listOf(four: readonly Subnet[], six: readonly Subnet[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of four) list.addSubnet(address, prefix, 'ipv4')
  for (const [address, prefix] of six) list.addSubnet(address, prefix, 'ipv6')
  return list
}

export type AddressKind = 'public' | 'private' | 'loopback' | 'forbidden'

/** What an IP address is; IPv4 inside of IPv6 counts as what it stands for. */
export function kindOfAddress(address: string): AddressKind {
  const plain = withoutMapping(address)
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6'
  const isIn = (list: BlockList) => list.check(plain, family)
  if (isIn(forbidden)) return 'forbidden'
  if (isIn(loopback)) return 'loopback'
  if (isIn(private_)) return 'private'
  return family === 'ipv4' || isIn(public6) ? 'public' : 'forbidden'
}

/** `::ffff:10.0.0.1` in whatever spelling → `10.0.0.1`. */
function withoutMapping(address: string): string {
  if (isIPv4(address)) return address
  const bare = address.split('%', 1)[0]!
  // The URL parser writes an address in its one short form
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!match) return short
  const bytes = match.slice(1).flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 255])
  return bytes.join('.')
}

/**
 * Addresses to which a request may be sent now.
 * @throws WebhookFault when the name has no address, or one that is not allowed
 */
export async function allowedAddresses(url: URL, policy: AddressPolicy): Promise<LookupAddress[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolved(host)
  for (const { address } of addresses) {
    const kind = kindOfAddress(address)
    const allowed =
      kind === 'public' ||
      (kind === 'private' && policy.privateNetworks) ||
      (kind === 'loopback' && policy.loopback)
    if (!allowed) {
      const code = kind === 'private' ? 'webhook.address_private' : 'webhook.address_forbidden'
      throw new WebhookFault({ code, address }, { permanent: false })
    }
    if (kind === 'public' && url.protocol !== 'https:')
      throw new WebhookFault({ code: 'webhook.needs_https' })
  }
  return addresses
}

async function resolved(host: string): Promise<LookupAddress[]> {
  try {
    return await lookup(host, { all: true })
  } catch (cause) {
    throw new WebhookFault({ code: 'webhook.no_such_host', host }, { cause })
  }
}

/** For a socket: whatever the name says by now, it connects to the addresses that were looked at. */
export function lookupAmong(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses])
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }
}
