/** A template while it is edited: its blocks, which one is open, and what the hub says of it. */
import type {
  PrintBlock,
  PrintContent,
  PrintLanguage,
  PrintPaper,
  PrintTemplateDetail,
  RouteResponse,
} from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { Resource } from '#lib/state/resource.svelte.ts'

export interface TemplatePlace {
  readonly kind: string
  readonly paper: PrintPaper
  readonly language: PrintLanguage
  /** Null: of all projects. */
  readonly projectId: string | null
}

/** A block with a name of its own, so that its form stays with it when it moves. */
export interface EditedBlock {
  readonly key: number
  block: PrintBlock
}

const PREVIEW_DELAY_MS = 250

/** To be made while a component is set up. */
export class TemplateEditor {
  blocks = $state<EditedBlock[]>([])
  footer = $state('')
  watermark = $state('')
  note = $state('')
  /** Key of the block whose form is open. */
  open = $state<number | null>(null)
  /** Null: with examples. */
  record = $state.raw<{ id: string; title: string } | null>(null)
  template = $state.raw<PrintTemplateDetail | null>(null)
  readonly loaded: Resource<PrintTemplateDetail>
  readonly preview: Resource<RouteResponse<'POST /api/print-templates/:kind/preview'>>
  #tried = $state.raw<{ content: PrintContent; recordId: string | null } | null>(null)
  #keys = 0
  readonly #place: TemplatePlace

  constructor(place: TemplatePlace) {
    this.#place = place
    const { kind, paper, language, projectId } = place
    const params = { kind }
    this.loaded = new Resource(async (signal) => {
      const query = { paper, language, ...(projectId === null ? {} : { projectId }) }
      const found = await call('GET /api/print-templates/:kind', { params, query, signal })
      this.adopt(found)
      return found
    })
    $effect(() => {
      const next = { content: this.content, recordId: this.record?.id ?? null }
      if (next.content.blocks.length === 0) return
      const timer = setTimeout(() => (this.#tried = next), this.#tried ? PREVIEW_DELAY_MS : 0)
      return () => clearTimeout(timer)
    })
    this.preview = new Resource((signal) => {
      const tried = this.#tried
      if (!tried) return null
      const body = { paper, language, projectId, ...tried }
      return call('POST /api/print-templates/:kind/preview', { params, body, signal })
    })
  }

  /** Null: of all projects. */
  get projectId(): string | null {
    return this.#place.projectId
  }
  get content(): PrintContent {
    return {
      blocks: this.blocks.map(({ block }) => $state.snapshot(block)),
      footer: this.footer,
      watermark: this.watermark,
    }
  }
  get changed(): boolean {
    return (
      this.template !== null && JSON.stringify(this.content) !== JSON.stringify(tidy(this.template.content))
    )
  }
  /** Edited at this very place, so that there is something to give up. */
  get isOwn(): boolean {
    return this.template !== null && this.template.versions[0]?.content != null
  }

  adopt(found: PrintTemplateDetail): void {
    this.template = found
    this.note = ''
    this.use(found.content)
  }
  /** Fills the form; nothing is saved by that. */
  use(content: PrintContent): void {
    const { blocks, footer, watermark } = tidy(content)
    this.blocks = blocks.map((block) => ({ key: ++this.#keys, block }))
    this.footer = footer
    this.watermark = watermark
    this.open = null
  }

  /** What is wrong at a place of the open form, `blocks.2.text`. */
  issueAt(path: string): string | undefined {
    return this.preview.data?.issues.find((issue) => issue.path === path)?.reason
  }
  hasIssue(prefix: string): boolean {
    return this.preview.data?.issues.some(({ path }) => path.startsWith(`${prefix}.`)) ?? false
  }

  add(block: PrintBlock): void {
    const at = this.blocks.findIndex(({ key }) => key === this.open)
    const key = ++this.#keys
    this.blocks.splice(at < 0 ? this.blocks.length : at + 1, 0, { key, block })
    this.open = key
  }
  remove(at: number): void {
    this.blocks.splice(at, 1)
  }
  move(at: number, by: -1 | 1): void {
    const [moved] = this.blocks.splice(at, 1)
    if (moved) this.blocks.splice(at + by, 0, moved)
  }

  /** @param content null: back to what holds otherwise */
  async save(content: PrintContent | null): Promise<void> {
    const { kind, ...slot } = this.#place
    const version = this.template?.version ?? 0
    const body = { ...slot, version, content, note: this.note }
    this.adopt(await call('PUT /api/print-templates/:kind', { params: { kind }, body }))
  }
}

/** The same members in the same order as the form has them, to be compared. */
function tidy({ blocks, footer, watermark }: PrintContent): PrintContent {
  return { blocks: blocks.map((block) => structuredClone(block)), footer, watermark }
}
