import fastifyStatic from '@fastify/static'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fail, platformErrors } from '../errors.ts'
import type { HubApp } from '../module.ts'
import { branded, brandedManifest } from './branding.ts'

const buildFolder = fileURLToPath(new URL('../../../../ui/build/', import.meta.url))

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Courtyard</title>
<body style="font:16px system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem">
<h1>Courtyard</h1><p>The hub runs, but the console has not been built yet.</p>
<p>Run <code>npm run build -w ui</code> and load this page again. The HTTP interface is at
<a href="/api/openapi.json">/api/openapi.json</a>.</p>`

/** The built console: files with a hash in their name are kept for a year, pages are asked for each time. */
export async function addUi(app: HubApp, folder = buildFolder): Promise<void> {
  const pages = new ConsolePages(folder)
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: true,
    index: false,
    preCompressed: true,
    serveDotFiles: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const forEver = path.includes('/_app/immutable/')
      reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.get('/', { schema: { hide: true } }, async (request, reply) => pages.send(request, reply))
  for (const name of ['portal.webmanifest', 'staff.webmanifest']) {
    app.get(`/${name}`, { schema: { hide: true } }, async (request, reply) => {
      const manifest = await readFile(folder + name, 'utf8').catch(() => null)
      if (manifest === null) throw nothingHere()
      reply.header('cache-control', 'no-cache').type('application/manifest+json')
      return brandedManifest(manifest, request.server.hub.settings)
    })
  }
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage = request.method === 'GET' && !/^\/(api|metrics|_app)(\/|$|\?)/.test(request.url)
    if (!wantsPage) throw nothingHere()
    return pages.send(request, reply)
  })
}

const nothingHere = () => fail(platformErrors.notFound, 'There is nothing at this address')

/** The single page that every address of the console begins with. */
class ConsolePages {
  private readonly folder: string
  private cached: { html: string; scriptHashes: string[]; writtenMs: number } | null = null

  constructor(folder: string) {
    this.folder = folder
  }

  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const page = this.load()
    if (!page) return reply.status(503).type('text/html').send(notBuilt)
    const html = await branded(page.html, request.server.hub.settings)
    allowScripts(reply, page.scriptHashes)
    return reply.header('cache-control', 'no-cache').type('text/html').send(html)
  }

  /** Read anew after a build, so that the page never asks for files of an earlier one. */
  private load(): { html: string; scriptHashes: string[] } | null {
    const name = ['200.html', 'index.html'].find((candidate) => existsSync(this.folder + candidate))
    if (!name) return null
    const writtenMs = statSync(this.folder + name).mtimeMs
    if (this.cached?.writtenMs === writtenMs) return this.cached
    const html = readFileSync(this.folder + name, 'utf8')
    const scripts = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)]
    const scriptHashes = scripts.map(
      ([, code]) => `'sha256-${createHash('sha256').update(code!).digest('base64')}'`,
    )
    this.cached = { html, scriptHashes, writtenMs }
    return this.cached
  }
}

function allowScripts(reply: FastifyReply, hashes: readonly string[]): void {
  const policy = String(reply.getHeader('content-security-policy') ?? '')
  reply.header(
    'content-security-policy',
    policy.replace("script-src 'self'", `script-src 'self' ${hashes.join(' ')}`),
  )
}
