import type { PortalPlace, PortalSession as SessionBody } from '@courtyard/protocols/contract'
import { goto } from '$app/navigation'
import { ApiError } from '#lib/api/api-error.ts'
import { call, connection } from '#lib/api/client.ts'
import { beginSeen, forgetSeen, recall, remember, signInMark } from './seen.ts'

const SESSION_KEY = 'session'
const PLACE_KEY = 'place'
export const SIGN_IN = '/portal/sign-in'

/** Who looks, at which of his rooms. Without network it is who looked last on this phone. */
class PortalSession {
  #body = $state.raw<Omit<SessionBody, 'csrfToken'> | null>(null)
  #placeId = $state<string | null>(null)

  get name(): string {
    return this.#body?.name ?? ''
  }
  get phone(): string {
    return this.#body?.phone ?? ''
  }
  get isKnown(): boolean {
    return this.#body !== null
  }
  get places(): readonly PortalPlace[] {
    return this.#body?.places ?? []
  }
  /** The room in view; pages behind the sign-in always have one. */
  get place(): PortalPlace | null {
    return this.places.find(({ id }) => id === this.#placeId) ?? this.places[0] ?? null
  }
  get timeZone(): string {
    return this.place?.project.timeZone ?? 'Asia/Shanghai'
  }

  choose(placeId: string): void {
    this.#placeId = placeId
    remember(signInMark(), PLACE_KEY, placeId)
  }

  /** Who has just signed in. */
  enter(body: SessionBody): void {
    beginSeen()
    this.#adopt(body)
  }

  #adopt({ csrfToken, ...body }: SessionBody): void {
    connection.csrfToken = csrfToken
    this.#listen()
    this.#body = body
    this.#placeId ??= recall<string>(PLACE_KEY)?.value ?? null
    remember(signInMark(), SESSION_KEY, body)
  }

  /** @returns false when nobody is signed in; true also when the hub can't be asked and somebody was */
  async load(): Promise<boolean> {
    this.#listen()
    try {
      await this.#ask()
      return this.isKnown
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.forget()
        return false
      }
      const last = recall<Omit<SessionBody, 'csrfToken'>>(SESSION_KEY)
      if (!last) return false
      this.#body = last.value
      this.#placeId = recall<string>(PLACE_KEY)?.value ?? null
      return true
    }
  }

  /** An answer that comes when the person has left, or another has come, is none. */
  async #ask(): Promise<void> {
    const mark = signInMark()
    const body = await call('GET /api/portal/session')
    if (mark !== signInMark()) return
    // Signed in before this phone kept marks, or its storage was cleared
    if (mark === null) beginSeen()
    this.#adopt(body)
  }

  /** Before every write: who began without network has no token yet. @throws ApiError as `call` */
  async writable(): Promise<void> {
    if (connection.csrfToken === null) await this.#ask()
  }

  async signOut(everywhere: boolean): Promise<void> {
    await this.writable()
    await call(everywhere ? 'POST /api/portal/sign-out-everywhere' : 'POST /api/portal/sign-out')
    this.forget()
    await goto(SIGN_IN)
  }

  /** Nothing of a person stays on a phone that he left. */
  forget(): void {
    this.#body = null
    this.#placeId = null
    connection.csrfToken = null
    forgetSeen()
  }

  /** When the hub says that the session has ended. */
  #listen(): void {
    connection.onSignedOut = () => {
      if (!this.#body) return
      this.forget()
      void goto(SIGN_IN)
    }
  }
}

export const portal = new PortalSession()
