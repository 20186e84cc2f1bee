import type { Session as SessionBody } from '@courtyard/protocols/contract'
import { goto } from '$app/navigation'
import { ApiError } from '#lib/api/api-error.ts'
import { call, connection } from '#lib/api/client.ts'
import { forgetAllDrafts } from '#lib/resource/drafts.ts'

export type PermissionName = SessionBody['permissions'][number]
type Project = SessionBody['projects'][number]
/** Names the project in an address, by its code. */
export const PROJECT_PARAMETER = 'project'
const PROJECT_KEY = 'courtyard.project'
/** Tells the other pages of this browser that another person is shown now. */
const people = new BroadcastChannel('courtyard.person')
/** What belongs to a project as a whole: who keeps single buildings of it sees none of it. */
const ofWholeProjects =
  /^(gateways|devices|commands|events|quarantine|audit)\.|^(charging\.write|billRuns\.issue|numbering\.manage|printTemplates\.manage)$/

/** Who is signed in, what they may do, and the project they look at. */
class Session {
  #body = $state.raw<SessionBody | null>(null)
  #projectId = $state<string | null>(localStorage.getItem(PROJECT_KEY))
  /** The hub could not be asked who we are. */
  error = $state.raw<ApiError | null>(null)

  get user(): SessionBody['user'] | null {
    return this.#body?.user ?? null
  }
  get projects(): readonly Project[] {
    return this.#body?.projects ?? []
  }
  get project(): Project | null {
    return this.projects.find((project) => project.id === this.#projectId) ?? this.projects[0] ?? null
  }
  /** Id of the project in view; pages are shown only when there is one. */
  get projectId(): string {
    return this.project?.id ?? ''
  }
  get timeZone(): string {
    return this.project?.timeZone ?? 'Asia/Shanghai'
  }

  /** The administrator who acts as `user`; null while one is oneself. */
  get actor(): SessionBody['actor'] {
    return this.#body?.actor ?? null
  }

  /** In the project in view. */
  may(permission: PermissionName): boolean {
    const projectId = this.projectId
    const whole = ofWholeProjects.test(permission)
    return (this.#body?.grants ?? []).some(
      ({ permissions, place }) =>
        permissions.includes(permission) &&
        (place.all ||
          projectId === '' ||
          place.projectIds.includes(projectId) ||
          (!whole && place.buildings.some((building) => building.projectId === projectId))),
    )
  }

  /** In all projects, also those to come. */
  mayEverywhere(permission: PermissionName): boolean {
    return (this.#body?.grants ?? []).some(
      ({ permissions, place, records }) => permissions.includes(permission) && place.all && records === 'all',
    )
  }

  /** Goes on as somebody else; every page of this browser starts anew, so that none shows the wrong person. */
  async actAs(userId: string, reason: string): Promise<void> {
    await call('POST /api/auth/act-as', { body: { userId, reason } })
    startAnew()
  }
  async returnToSelf(): Promise<void> {
    await call('POST /api/auth/return')
    startAnew()
  }

  chooseProject(id: string): void {
    this.#projectId = id
    localStorage.setItem(PROJECT_KEY, id)
  }

  /** Follows the project that an address names by its code; none or an unknown one changes nothing. */
  followAddress(code: string | null): void {
    const named = this.projects.find((project) => project.code === code)
    if (named && named.id !== this.projectId) this.chooseProject(named.id)
  }

  /** Asks the hub who we are; false when nobody is signed in. */
  async load(): Promise<boolean> {
    this.error = null
    try {
      this.adopt(await call('GET /api/auth/session'))
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return false
      this.error = error instanceof ApiError ? error : null
      throw error
    }
  }

  adopt(body: SessionBody): void {
    this.#body = body
    connection.csrfToken = body.csrfToken
  }

  /** Who is signed in, to be kept for work without network; without the token. Null when nobody is. */
  kept(): Omit<SessionBody, 'csrfToken'> | null {
    if (!this.#body) return null
    const { csrfToken: _token, ...kept } = this.#body
    return kept
  }

  async signOut(): Promise<void> {
    await call('POST /api/auth/sign-out')
    forgetAllDrafts()
    this.end()
    await goto('/sign-in')
  }

  /** Forgets the person; the address stays, so that signing in leads back. */
  end(): void {
    this.#body = null
    connection.csrfToken = null
  }
}

export const session = new Session()

connection.onSignedOut = () => {
  session.end()
  void goto(signInAddress(location.pathname + location.search))
}

function startAnew(): void {
  forgetAllDrafts()
  people.postMessage('changed')
  location.assign('/')
}
people.onmessage = () => location.assign('/')

export function signInAddress(from: string): string {
  return from === '/' || from.startsWith('/sign-in')
    ? '/sign-in'
    : `/sign-in?next=${encodeURIComponent(from)}`
}

/** A `next` that stays on this site; anything else leads to the overview. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/'
}
