/** What a command does, in plain words. */
import type { CommandBody } from '@courtyard/protocols/contract'
import { count } from '#lib/format/index.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

/** In few words, for lists: `断电`, `开门 5 秒`, `设为 26 ℃`. */
export function commandTitle(body: CommandBody, unit = ''): string {
  switch (body.kind) {
    case 'relay':
      return body.action === 'open' ? m.do_relay_open() : m.do_relay_close()
    case 'valve':
      return body.action === 'open' ? m.do_valve_open() : m.do_valve_close()
    case 'door':
      if (body.action === 'open' && body.seconds) return m.do_door_open_for({ seconds: body.seconds })
      return { open: m.do_door_open, close: m.do_door_close, holdOpen: m.do_door_hold }[body.action]()
    case 'barrier':
      return { open: m.do_barrier_open, close: m.do_barrier_close, stop: m.do_barrier_stop }[body.action]()
    case 'clock':
      return m.do_clock()
    case 'setpoint':
      return m.do_setpoint({ value: `${body.value}${unit ? ` ${unit}` : ''}` })
    case 'write':
      return m.do_write()
    case 'people':
      return m.do_people({
        count: count(body.people.filter((person) => person.present).length),
        removed: count(body.people.filter((person) => !person.present).length),
      })
    case 'plates':
      return m.do_plates({
        count: count(body.plates.filter((plate) => plate.present).length),
        removed: count(body.plates.filter((plate) => !plate.present).length),
      })
  }
}

/** What will happen, as a sentence for the person who is about to ask for it. */
export function commandSentence(body: CommandBody, device: string, target: string, unit = ''): string {
  switch (body.kind) {
    case 'relay':
      return body.action === 'open' ? m.will_relay_open({ device }) : m.will_relay_close({ device })
    case 'valve':
      return body.action === 'open' ? m.will_valve_open({ device }) : m.will_valve_close({ device })
    case 'door':
      if (body.action === 'open') return m.will_door_open({ device, target })
      return body.action === 'close'
        ? m.will_door_close({ device, target })
        : m.will_door_hold({ device, target })
    case 'barrier':
      if (body.action === 'open') return m.will_barrier_open({ device, target })
      return body.action === 'close'
        ? m.will_barrier_close({ device, target })
        : m.will_barrier_stop({ device, target })
    case 'clock':
      return m.will_clock({ device })
    case 'setpoint':
      return m.will_setpoint({ device, target, value: `${body.value}${unit ? ` ${unit}` : ''}` })
    case 'write':
      return m.will_write({ device })
    case 'people':
      return m.will_people({ device, what: commandTitle(body) })
    case 'plates':
      return m.will_plates({ device, what: commandTitle(body) })
  }
}
