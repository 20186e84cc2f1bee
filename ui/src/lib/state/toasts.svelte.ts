export interface Toast {
  readonly id: number
  readonly kind: 'ok' | 'fault'
  readonly text: string
}

/** Short notes about what was done; they leave by themselves. */
class Toasts {
  list = $state<Toast[]>([])
  #next = 1

  ok(text: string): void {
    this.#add('ok', text, 4000)
  }
  fault(text: string): void {
    this.#add('fault', text, 8000)
  }
  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id)
  }
  #add(kind: Toast['kind'], text: string, forMs: number): void {
    const id = this.#next++
    this.list.push({ id, kind, text })
    setTimeout(() => this.dismiss(id), forMs)
  }
}
export const toasts = new Toasts()
