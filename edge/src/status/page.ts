/** The status page: one HTML document without scripts, made anew for each request. */
import type { AgentState, BusState } from './agent-state.ts'
import { pageTexts, type PageLanguage, type PageText } from './page-text.ts'

const style = `
:root { color-scheme: light dark; --line: light-dark(#d9dee5, #343b46); --soft: light-dark(#5a6572, #9aa5b4);
  --card: light-dark(#ffffff, #1b2028); --page: light-dark(#f4f6f8, #12161c); --text: light-dark(#1a222c, #e6eaf0);
  --good: light-dark(#0f7b4f, #4cc38a); --warn: light-dark(#9a6700, #e2b340); --bad: light-dark(#b42318, #ff8a80); }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif }
main { max-width: 1200px; margin: 0 auto; padding: 20px 16px 48px }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline }
h1 { font-size: 20px; margin: 0 } h2 { font-size: 15px; margin: 28px 0 8px } a { color: inherit }
.soft { color: var(--soft) } .right { margin-left: auto }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; margin-top: 16px }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px }
.card b { display: block; font-size: 18px; font-weight: 600; overflow-wrap: anywhere }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
table { border-collapse: collapse; width: 100% } th, td { padding: 6px 12px; text-align: left; white-space: nowrap }
th { font-weight: 500; color: var(--soft) } tr + tr td, thead + tbody td { border-top: 1px solid var(--line) }
.n { text-align: right; font-variant-numeric: tabular-nums }
.online, .good { color: var(--good) } .degraded { color: var(--warn) } .offline, .bad { color: var(--bad) } .unknown { color: var(--soft) }
`

export function renderPage(state: AgentState, language: PageLanguage): string {
  const text = pageTexts[language]
  const other = language === 'zh' ? 'en' : 'zh'
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>${escape(state.name)} · ${text.title}</title>
<style>${style}</style>
</head>
<body><main>
<header><h1>${escape(state.name)}</h1><span class="soft">${text.title}</span>
<a class="right" href="?lang=${other}" lang="${other}">${text.other}</a></header>
<div class="cards">${cards(state, text).join('')}</div>
<h2>${text.buses}</h2>${busTable(state, text)}
<h2>${text.devices}</h2>${deviceTable(state, text)}
</main></body></html>
`
}

function cards(state: AgentState, text: PageText): string[] {
  const { outbox, uplink } = state
  const hub = uplink.connected ? text.connected : uplink.enrolled ? text.disconnected : text.notEnrolled
  const oldest = outbox.oldestAtMs === null ? text.none : ago(state.atMs - outbox.oldestAtMs, text)
  return [
    card(text.hub, hub, uplink.connected ? 'good' : 'bad', uplink.problem === null ? `${text.inFlight}: ${uplink.inFlightBatches}` : text.cause(uplink.problem)),
    card(text.outbox, `${group(outbox.readings)} ${text.readings}`, '', `${group(outbox.events)} ${text.events} · ${group(outbox.batches)} ${text.batches} · ${text.oldest}: ${oldest}`),
    card(text.used, bytes(outbox.bytes), '', `/ ${bytes(outbox.maxBytes)}`),
    card(text.dropped, group(outbox.droppedReadings), outbox.droppedReadings > 0 ? 'bad' : '', `${text.accepted}: ${group(outbox.acceptedReadings)}`),
    clockCard(state, text),
    card(text.configuration, state.configRevision === null ? text.fromFile : text.fromHub, '', state.configRevision === null ? '' : `${text.revision} ${state.configRevision}`),
    certificateCard(state, text),
    card(text.uptime, duration(state.atMs - state.startedAtMs, text), '', `${text.version} ${state.version}`),
  ] // prettier-ignore
}

function clockCard({ clock }: AgentState, text: PageText): string {
  const offset = clock.offsetMs === null ? text.clockUnknown : `${text.clockOffset}: ${(clock.offsetMs / 1000).toFixed(1)} ${text.second}` // prettier-ignore
  return card(text.clock, clock.isTrusted ? text.clockTrusted : text.clockUntrusted, clock.isTrusted ? '' : 'bad', offset) // prettier-ignore
}

/** Two weeks before its end the hub should have renewed it long ago. */
function certificateCard({ uplink, atMs }: AgentState, text: PageText): string {
  const { certificateExpiresAtMs: endMs } = uplink
  if (endMs === null) return card(text.certificate, text.noCertificate, '', '')
  const leftMs = endMs - atMs
  return card(text.certificate, new Date(endMs).toISOString().slice(0, 10), leftMs < 14 * 86_400_000 ? 'bad' : '', duration(leftMs, text)) // prettier-ignore
}

function card(title: string, value: string, tone: string, note: string): string {
  return `<div class="card"><span class="soft">${title}</span><b class="${tone}">${escape(value)}</b><span class="soft">${escape(note)}</span></div>`
}

function busTable(state: AgentState, text: PageText): string {
  const rows = state.buses.map((bus) => [
    escape(bus.key),
    escape(bus.address),
    `<span class="${bus.connected ? 'good' : 'bad'}">${bus.connected ? text.connected : text.disconnected}</span>`,
    `${(bus.load * 100).toFixed(1)} %`,
    group(bus.missedDeadlines),
    String(bus.devices.length),
  ])
  return table([text.bus, text.address, text.state, text.load, text.missed, text.devices], rows, 3)
}

function deviceTable(state: AgentState, text: PageText): string {
  const rows = state.buses.flatMap((bus) => bus.devices.map((device) => deviceRow(state, bus, device, text)))
  return table(
    [text.device, text.bus, text.state, text.message, text.lastGood, text.latency, text.requests, text.errors, text.missed],
    rows,
    4,
  ) // prettier-ignore
}

function deviceRow(
  state: AgentState,
  bus: BusState,
  device: BusState['devices'][number],
  text: PageText,
): string[] {
  return [
    device.name === device.key
      ? escape(device.key)
      : `${escape(device.name)} <span class="soft">${escape(device.key)}</span>`,
    escape(bus.key),
    `<span class="${device.state}">${text[device.state]}</span>`,
    escape(device.message === null ? '' : text.cause(device.message)),
    device.lastGoodAtMs === null ? '–' : ago(state.atMs - device.lastGoodAtMs, text),
    device.latencyMs === null ? '–' : `${device.latencyMs.toFixed(1)} ms`,
    group(device.requests),
    group(device.errors),
    group(device.missedDeadlines),
  ]
}

/** Columns from `numbersFrom` on hold numbers and are aligned to the right. Cells are HTML already. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell, i) => `<${tag}${i >= numbersFrom ? ' class="n"' : ''}>${cell}</${tag}>`).join('')}</tr>`
  const body = rows.map((row) => line('td', row)).join('')
  return `<div class="scroll" tabindex="0"><table><thead>${line('th', heads)}</thead><tbody>${body}</tbody></table></div>`
}

function escape(value: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return value.replaceAll(/[&<>"']/g, (character) => entities[character]!)
}

function group(value: number): string {
  return value.toLocaleString('en-US')
}

function bytes(value: number): string {
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KiB`
  return `${(value / 1024 / 1024).toFixed(1)} MiB`
}

function duration(ms: number, text: PageText): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} ${text.second}`
  if (seconds < 7200) return `${Math.round(seconds / 60)} ${text.minute}`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} ${text.hour}`
    : `${Math.round(seconds / 86_400)} ${text.day}`
}

function ago(ms: number, text: PageText): string {
  return duration(ms, text) + text.ago
}
