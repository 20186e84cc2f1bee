/**
 * What a simulated terminal holds, and its tables as bytes. The layouts are written here from the descriptions of the
 * protocol (zk-protocol, pyzk), not with the codec that the product reads them by.
 */
export interface SimulatedPunch {
  readonly uid: number
  readonly user: string
  /** Wall clock of the terminal: `2026-01-15 08:30:00`. */
  readonly time: string
  readonly verify: number
  readonly punch: number
}

export interface SimulatedUser {
  uid: number
  privilege: number
  password: string
  name: string
  card: number
  user: string
}

export function packTime(text: string): number {
  const [year, month, day, hour, minute, second] = text.split(/[- :T]/).map(Number) as [number, number, number, number, number, number] // prettier-ignore
  return (((((year - 2000) * 12 + month - 1) * 31 + day - 1) * 24 + hour) * 60 + minute) * 60 + second
}

export function unpackTime(packed: number): string {
  let rest = packed
  const take = (base: number) => {
    const value = rest % base
    rest = Math.floor(rest / base)
    return value
  }
  const [second, minute, hour, day, month] = [take(60), take(60), take(24), take(31) + 1, take(12) + 1]
  const two = (value: number) => String(value).padStart(2, '0')
  return `${2000 + rest}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}

export function packPunch(punch: SimulatedPunch, size: 8 | 16 | 40): Buffer {
  const record = Buffer.alloc(size)
  const time = packTime(punch.time)
  if (size === 8) {
    record.writeUInt16LE(punch.uid, 0)
    record[2] = punch.verify
    record.writeUInt32LE(time, 3)
    record[7] = punch.punch
  } else if (size === 16) {
    record.writeUInt32LE(Number(punch.user), 0)
    record.writeUInt32LE(time, 4)
    record[8] = punch.verify
    record[9] = punch.punch
  } else {
    record.writeUInt16LE(punch.uid, 0)
    record.write(punch.user, 2, 24)
    record[26] = punch.verify
    record.writeUInt32LE(time, 27)
    record[31] = punch.punch
    record[36] = 0xff
  }
  return record
}

/** Payload of a live punch; 12 and 52 bytes are what old and new firmware send. */
export function packLivePunch(punch: SimulatedPunch, form: 'number' | 'text'): Buffer {
  const record = Buffer.alloc(form === 'number' ? 12 : 52)
  const at = form === 'number' ? 4 : 24
  if (form === 'number') record.writeUInt32LE(Number(punch.user), 0)
  else record.write(punch.user, 0, 24)
  const [year, month, day, hour, minute, second] = punch.time.split(/[- :T]/).map(Number)
  record.set([punch.verify, punch.punch, year! - 2000, month!, day!, hour!, minute!, second!], at)
  return record
}

export function packUser(user: SimulatedUser, size: 28 | 72): Buffer {
  const record = Buffer.alloc(size)
  record.writeUInt16LE(user.uid, 0)
  record[2] = user.privilege
  record.write(user.password, 3, size === 28 ? 5 : 8)
  if (size === 28) {
    record.write(user.name, 8, 8)
    record.writeUInt32LE(user.card, 16)
    record.writeUInt32LE(Number(user.user), 24)
  } else {
    record.write(user.name, 11, 24)
    record.writeUInt32LE(user.card, 35)
    record[39] = 1
    record.write(user.user, 48, 24)
  }
  return record
}

export function unpackUser(record: Buffer): SimulatedUser {
  const text = (from: number, length: number) =>
    record.toString('utf8', from, from + length).split('\0')[0] ?? ''
  const short = record.length === 28
  return {
    uid: record.readUInt16LE(0),
    privilege: record[2]!,
    password: text(3, short ? 5 : 8),
    name: short ? text(8, 8) : text(11, 24),
    card: record.readUInt32LE(short ? 16 : 35),
    user: short ? String(record.readUInt32LE(24)) : text(48, 24),
  }
}

/** Reply to the question for sizes: 92 bytes. */
export function packSizes(users: number, punches: number): Buffer {
  const sizes = Buffer.alloc(92)
  sizes.writeInt32LE(users, 16)
  sizes.writeInt32LE(users * 2, 24)
  sizes.writeInt32LE(punches, 32)
  sizes.writeInt32LE(3_000, 56)
  sizes.writeInt32LE(10_000, 60)
  sizes.writeInt32LE(100_000, 64)
  return sizes
}
