/** A gateway for tests that has a configuration and answers requests as it is told to. */
import { randomUUID } from 'node:crypto'
import {
  ConfigMessage,
  RequestMessage,
  topics,
  type ConfigReport,
  type GatewayRequest,
  type ManagedConfig,
  type ResponseMessage,
} from '@courtyard/protocols/contract'
import { fromSomewhere, type TestClient, type TestHub } from '../../platform/testing.ts'
import { TestGateway } from '../telemetry/testing.ts'
import { exampleSchema, type ExampleSchema } from './domain/testing.ts'

type Answer = Pick<ResponseMessage, 'error' | 'result'>

export class FleetGateway extends TestGateway {
  /** Everything that came down, in order. */
  readonly configs: ConfigMessage[] = []
  readonly requests: GatewayRequest[] = []
  /** Null: it keeps silent. */
  answer: (request: GatewayRequest) => Answer | null = () => null

  override async connect(): Promise<void> {
    await super.connect()
    this.mqtt.on('message', (topic, payload) => this.hear(topic, payload))
    await this.mqtt.subscribeAsync([topics.configDown(this.id), topics.requestDown(this.id)], { qos: 1 })
    // As the agent does: it says that it is there once it can hear
    await this.say('presence', { v: 1, online: true })
  }

  async sendSchema(schema: ExampleSchema = exampleSchema): Promise<void> {
    await this.say('schema', { v: 1, ...schema })
  }

  async reportConfig(
    state: ConfigReport['state'],
    revision: string | null,
    more: { config?: ManagedConfig; issues?: ConfigReport['issues'] } = {},
  ): Promise<void> {
    await this.say('config', { v: 1, revision, state, atMs: Date.now(), issues: [], ...more })
  }

  async say(kind: 'presence' | 'status' | 'schema' | 'config' | 'response', message: object): Promise<void> {
    await this.mqtt.publishAsync(topics[kind](this.id), JSON.stringify(message), { qos: 1 })
  }

  private hear(topic: string, payload: Buffer): void {
    const json: unknown = JSON.parse(payload.toString('utf8'))
    if (topic === topics.configDown(this.id)) this.configs.push(ConfigMessage.parse(json))
    if (topic !== topics.requestDown(this.id)) return
    const { id, request } = RequestMessage.parse(json)
    this.requests.push(request)
    const answer = this.answer(request)
    if (answer) this.say('response', { v: 1, id, ...answer }).catch(() => undefined)
  }
}

export async function startFleetGateway(
  hub: TestHub,
  engineer: TestClient,
  projectId: string,
): Promise<FleetGateway> {
  const name = `gateway ${randomUUID().slice(0, 8)}`
  const { token } = await engineer.call('POST /api/gateways', { body: { projectId, name } })
  const body = { token, agentVersion: '0.0.0-test' }
  const gateway = new FleetGateway(
    await hub.anonymous.call('POST /api/edge/enrol', { body, headers: fromSomewhere() }),
  )
  await gateway.connect()
  return gateway
}
