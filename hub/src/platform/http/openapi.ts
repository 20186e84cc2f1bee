import swagger from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import type { HubApp } from '../module.ts'

/** `/api/openapi.json`, written from the same schemas that check the requests. */
export async function addOpenApi(app: HubApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Courtyard',
        version: app.hub.version,
        description: 'HTTP interface of the Courtyard hub',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'courtyard' },
        },
      },
    },
    transform: (input) => jsonSchemaTransform(input),
  })
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
