import swagger from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { apiRoutes, type RouteContract } from '@courtyard/protocols/contract'
import type { HubApp } from '../module.ts'

interface Operation {
  requestBody?: object
  security?: object[]
}

/** `/api/openapi.json`, written from the same schemas that check the requests. */
export async function addOpenApi(app: HubApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Courtyard',
        version: app.hub.version,
        description:
          'HTTP interface of the Courtyard hub. Programs send an API key; browsers have a session, and their writes carry its x-csrf-token.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'courtyard' },
          key: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'cy_…',
            description: 'API key, made under System → API keys',
          },
        },
      },
    },
    transform: (input) => jsonSchemaTransform(input),
  })
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => complete(app, app.swagger()))
}

/** What route schemas cannot say: bodies that are files, and which routes need a session. */
function complete<T extends { paths?: object }>(app: HubApp, api: T): T {
  const paths = api.paths as Record<string, Record<string, Operation | undefined>>
  const ofTable = app.routeAccess.map((route) => {
    const contract: RouteContract = apiRoutes[route.routeKey]
    return { ...route, contract }
  })
  for (const { routeKey, access, keys, contract } of [...ofTable, ...app.madeRoutes]) {
    const [method, url] = routeKey.split(' ') as [string, string]
    const operation = paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    if (!operation) continue
    // Either will do
    operation.security = access === null ? [] : [{ session: [] }, ...(keys ? [{ key: [] }] : [])]
    const file = contract.csv ? { 'text/csv': { schema: { type: 'string' } } } : null
    const content = contract.bytes ? { 'application/octet-stream': {} } : file
    if (content) operation.requestBody = { required: true, content }
  }
  return api
}
