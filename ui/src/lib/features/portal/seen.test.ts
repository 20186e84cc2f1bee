import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { beginSeen, forgetSeen, recall, remember, signInMark } from './seen.ts'

/** As browsers have it: names are the object's own keys. */
class Kept {
  [name: string]: unknown
  getItem(name: string): string | null {
    return Object.hasOwn(this, name) ? String(this[name]) : null
  }
  setItem(name: string, text: string): void {
    this[name] = text
  }
  removeItem(name: string): void {
    delete this[name]
  }
}

let kept: Kept
beforeEach(() => {
  kept = new Kept()
  vi.stubGlobal('localStorage', kept)
})
afterEach(() => void vi.unstubAllGlobals())

test('what was seen is there until the person signs out; other things on the phone stay', () => {
  kept.setItem('courtyard.theme', 'dark')
  beginSeen()
  remember(signInMark(), 'home', { balance: '1.00' })
  expect(recall('home')?.value).toEqual({ balance: '1.00' })
  forgetSeen()
  expect(recall('home')).toBeNull()
  expect(Object.keys(kept)).toEqual(['courtyard.theme'])
})

test('an answer that comes after signing out is not kept', () => {
  beginSeen()
  const asked = signInMark()
  forgetSeen()
  remember(asked, 'family', ['女儿'])
  expect(Object.keys(kept)).toEqual([])
})

test('an answer for one person is not kept among the things of the next, nor do those of the first stay', () => {
  beginSeen()
  const first = signInMark()
  remember(first, 'home', 'of the first')
  beginSeen()
  remember(first, 'bills', 'of the first')
  expect(recall('home')).toBeNull()
  expect(recall('bills')).toBeNull()
  remember(signInMark(), 'bills', 'of the second')
  expect(recall('bills')?.value).toBe('of the second')
})

test('nothing is kept while nobody is signed in', () => {
  remember(signInMark(), 'home', 'x')
  expect(Object.keys(kept)).toEqual([])
})

test('a full storage loses the value, not the page', () => {
  beginSeen()
  remember(signInMark(), 'home', 'old')
  kept.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  remember(signInMark(), 'home', 'new')
  expect(recall('home')).toBeNull()
})
