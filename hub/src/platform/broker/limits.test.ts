import { describe, expect, test } from 'vitest'
import { Doorkeeper } from './doorkeeper.ts'
import { MessageRate } from './message-rate.ts'

describe('the rate of messages', () => {
  test('lets a burst in, then one after the other; silence fills it up again', () => {
    let nowMs = 0
    const rate = new MessageRate(10, () => nowMs)
    const waits = Array.from({ length: 53 }, () => rate.take())
    expect(waits.slice(0, 50).every((wait) => wait === 0)).toBe(true)
    expect(waits.slice(50)).toEqual([100, 200, 300])
    nowMs = 400
    expect(rate.take()).toBe(0)
    nowMs = 1_000_000
    expect(Array.from({ length: 51 }, () => rate.take()).at(-1)).toBe(100)
  })
})

describe('the doorkeeper', () => {
  test('keeps out more strangers of one address than it can watch, until some have gone or are known', () => {
    const door = new Doorkeeper(() => 0)
    const inside = Array.from({ length: 64 }, () => door.enter('10.0.0.1'))
    expect(inside.every((leave) => leave !== null)).toBe(true)
    expect(door.enter('10.0.0.1')).toBeNull()
    expect(door.enter('10.0.0.2')).not.toBeNull()
    // Known first, gone later: counted once
    inside[0]!()
    inside[0]!()
    expect(door.enter('10.0.0.1')).not.toBeNull()
    expect(door.enter('10.0.0.1')).toBeNull()
  })

  test('closes for the rest of the minute to an address that fails too often', () => {
    let nowMs = 0
    const door = new Doorkeeper(() => nowMs)
    for (let n = 0; n < 300; n++) door.failed('10.0.0.1')
    expect(door.enter('10.0.0.1')).toBeNull()
    expect(door.enter('10.0.0.2')).not.toBeNull()
    nowMs = 60_000
    expect(door.enter('10.0.0.1')).not.toBeNull()
  })
})
