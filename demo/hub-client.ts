import type {
  ErrorBody,
  RouteBody,
  RouteKey,
  RouteParams,
  RouteQuery,
  RouteResponse,
  Session,
} from '@courtyard/protocols/contract'

/** An answer of the hub that is not 2xx, with its stable code. */
export class HubError extends Error {
  readonly status: number
  readonly code: string

  constructor(route: string, status: number, body: Partial<ErrorBody>) {
    const issues = body.error?.issues?.map(({ path, reason }) => `${path}: ${reason}`) ?? []
    super(
      `${route} → ${status} ${[body.error?.code, body.error?.message, ...issues].filter(Boolean).join('; ')}`,
    )
    this.name = 'HubError'
    this.status = status
    this.code = body.error?.code ?? `http_${status}`
  }
}

export interface CallOptions<K extends RouteKey> {
  params?: RouteParams<K>
  query?: RouteQuery<K>
  body?: RouteBody<K>
  /** Body of an import, instead of `body`. */
  csv?: string
}

interface LooseOptions {
  params?: unknown
  query?: unknown
  body?: unknown
  csv?: string
}

/** The hub's public HTTP API as any program sees it: session cookie, CSRF header, typed by the contract. */
export class HubClient {
  private readonly baseUrl: string
  private readonly cookies = new Map<string, string>()
  private readonly signal: AbortSignal | undefined
  private csrfToken: string | undefined

  constructor(baseUrl: string, signal?: AbortSignal) {
    this.baseUrl = baseUrl
    this.signal = signal
  }

  /** Rejects with HubError for answers that are not 2xx, TypeError when the hub is not reachable. */
  async call<K extends RouteKey>(route: K, options: CallOptions<K> = {}): Promise<RouteResponse<K>> {
    return (await this.send(route, options)) as RouteResponse<K>
  }

  /** The first records of a resource, whose routes are no part of the typed table: `/api/parties`. */
  async list(path: string, query: Record<string, string>): Promise<{ id: string }[]> {
    const { items } = (await this.send(`GET ${path}`, { query })) as { items: { id: string }[] }
    return items
  }

  /** Makes a record of a resource. */
  async create(path: string, values: Record<string, unknown>): Promise<{ id: string }> {
    return (await this.send(`POST ${path}`, { body: values })) as { id: string }
  }

  private async send(route: string, options: LooseOptions): Promise<unknown> {
    const [method, pattern] = route.split(' ') as [string, string]
    const url = this.urlOf(pattern, options)
    const answer = await fetch(url, {
      method,
      headers: this.headersOf(options),
      ...(options.csv !== undefined && { body: options.csv }),
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      signal: AbortSignal.any([AbortSignal.timeout(60_000), ...(this.signal ? [this.signal] : [])]),
    })
    this.keepCookies(answer)
    const text = await answer.text()
    if (!answer.ok) throw new HubError(route, answer.status, parseOrEmpty(text))
    return JSON.parse(text)
  }

  async signIn(username: string, password: string): Promise<Session> {
    return this.remember(await this.call('POST /api/auth/sign-in', { body: { username, password } }))
  }

  /** Makes the administrator with the one-time token and keeps his session. */
  async setUp(body: RouteBody<'POST /api/setup'>): Promise<Session> {
    return this.remember(await this.call('POST /api/setup', { body }))
  }

  private remember(session: Session): Session {
    this.csrfToken = session.csrfToken
    return session
  }

  private urlOf(pattern: string, options: LooseOptions): URL {
    const params = options.params ?? {}
    const path = pattern.replace(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(String((params as Record<string, string | number>)[name])),
    )
    const url = new URL(path, this.baseUrl)
    const query = (options.query ?? {}) as Record<string, string | number | boolean | undefined>
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value))
    }
    return url
  }

  private headersOf(options: LooseOptions): Record<string, string> {
    return {
      origin: new URL(this.baseUrl).origin,
      ...(this.cookies.size > 0 && {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      }),
      ...(this.csrfToken !== undefined && { 'x-csrf-token': this.csrfToken }),
      ...(options.csv !== undefined && { 'content-type': 'text/csv; charset=utf-8' }),
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
    }
  }

  private keepCookies(answer: Response): void {
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...rest] = line.split(';')[0]!.split('=')
      this.cookies.set(name!.trim(), rest.join('='))
    }
  }
}

function parseOrEmpty(text: string): Partial<ErrorBody> {
  try {
    return JSON.parse(text) as Partial<ErrorBody>
  } catch {
    return {}
  }
}
