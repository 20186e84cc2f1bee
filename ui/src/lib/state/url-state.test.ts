import { describe, expect, it } from 'vitest'
import { nextSort, readListState, writeListState } from './url-state.ts'

const defaults = { q: '', sort: 'code', page: '1' }

describe('list state in the address', () => {
  it('reads what is there and fills in the rest', () => {
    expect(readListState(new URLSearchParams('q=101&x=9'), defaults)).toEqual({
      q: '101',
      sort: 'code',
      page: '1',
    })
  })
  it('goes back to page 1 when anything but the page changes', () => {
    const search = new URLSearchParams('q=101&page=3')
    expect(writeListState(search, { sort: '-code' }, defaults)).toBe('?q=101&sort=-code')
    expect(writeListState(search, { page: '4' }, defaults)).toBe('?q=101&page=4')
  })
  it('leaves out defaults and keeps the parameters of others', () => {
    expect(writeListState(new URLSearchParams('tab=bills&q=1'), { q: '' }, defaults)).toBe('?tab=bills')
    expect(writeListState(new URLSearchParams('q=1'), { q: '' }, defaults)).toBe('')
  })
  it('a link shows the same list', () => {
    const query = writeListState(new URLSearchParams(), { q: '王 & 李', sort: '-usageToday' }, defaults)
    expect(readListState(new URLSearchParams(query), defaults)).toEqual({
      q: '王 & 李',
      sort: '-usageToday',
      page: '1',
    })
  })
  it('sorts up, then down, then as before', () => {
    expect(nextSort('code', 'usageToday', 'code')).toBe('usageToday')
    expect(nextSort('usageToday', 'usageToday', 'code')).toBe('-usageToday')
    expect(nextSort('-usageToday', 'usageToday', 'code')).toBe('code')
  })
})
