export interface Toast {
  readonly id: number
  readonly kind: 'ok' | 'fault'
  readonly text: string
  /** Takes back what the note tells of; offered as long as the note is there. */
  readonly undo?: (() => unknown) | undefined
}

/** Short notes about what was done; they leave by themselves. */
class Toasts {
  list = $state<Toast[]>([])
  #next = 1

  ok(text: string, undo?: () => unknown): void {
    this.#add('ok', text, undo ? 8000 : 4000, undo)
  }
  fault(text: string): void {
    this.#add('fault', text, 8000)
  }
  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id)
  }
  #add(kind: Toast['kind'], text: string, forMs: number, undo?: () => unknown): void {
    const id = this.#next++
    this.list.push({ id, kind, text, undo })
    setTimeout(() => this.dismiss(id), forMs)
  }
}
export const toasts = new Toasts()
