import type { MessageTemplateDetail, MessageTemplateSummary, RouteBody } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { Hub, HubApp } from '../../platform/module.ts'
import {
  allTemplates,
  exampleOf,
  faultsOfTexts,
  findTemplate,
  type MessageTemplate,
} from '../../platform/notify/template.ts'
import { textsInForce, textsOfAll, type TextsInForce } from '../../platform/notify/texts.repository.ts'
import type { Texts } from '../../platform/reasons/reason.ts'
import { notificationErrors } from './errors.ts'
import { insertVersion, versionsOf } from './templates.repository.ts'

const manage = { permission: 'messages.manage' } as const

export function addTemplateRoutes(app: HubApp): void {
  route(app, 'GET /api/message-templates', manage, async ({ hub }) => {
    const templates = await textsOfAll(hub.db.pool, allTemplates())
    return templates.map((template) => summaryOf(template, template.now))
  })
  route(app, 'GET /api/message-templates/:key', manage, ({ hub, params }) => detailOf(hub, known(params.key)))
  route(app, 'PUT /api/message-templates/:key', manage, async ({ hub, user, audit, params, body }) => {
    const template = known(params.key)
    await changeTexts(hub, { user, audit }, template, body)
    return detailOf(hub, template)
  })
  route(app, 'POST /api/message-templates/:key/preview', manage, async ({ params, body, say }) => {
    const template = known(params.key)
    const issues = faultsOfTexts(template, body.texts)
    return {
      zh: exampleOf(template, body.texts, 'zh'),
      en: exampleOf(template, body.texts, 'en'),
      issues: issues.map(({ path, reason }) => ({ path, reason: say(reason) })),
    }
  })
}

/** Texts and channels are those of all projects: only who keeps all of them may change them. */
export function requireEverywhere(user: CurrentUser): void {
  if (hasEverywhere(user, 'messages.manage')) return
  throw fail(
    platformErrors.forbidden,
    'Messages are those of all projects: only who keeps all may change them',
  )
}

function known(key: string): MessageTemplate {
  const template = findTemplate(key)
  if (!template) throw fail(notificationErrors.templateNotFound, 'There is no such text', { key })
  return template
}

async function changeTexts(
  hub: Hub,
  { user, audit }: { user: CurrentUser; audit: Audit },
  template: MessageTemplate,
  body: RouteBody<'PUT /api/message-templates/:key'>,
): Promise<void> {
  requireEverywhere(user)
  const issues = body.texts ? faultsOfTexts(template, body.texts) : []
  if (issues.length > 0) {
    const faults = issues.map(({ path, reason }) => ({ path: `texts.${path}`, reason }))
    throw invalidInput('The text is not valid', faults)
  }
  const { key } = template
  await hub.db.transaction(async (tx) => {
    const before = await textsInForce(tx, template)
    const after = { texts: body.texts, channels: body.channels, providerCodes: body.providerCodes }
    const version = body.version + 1
    const row = {
      key,
      version,
      ...after,
      note: body.note ?? '',
      createdBy: user.displayName,
      now: hub.clock.now(),
    }
    if (before.version !== body.version || !(await insertVersion(tx, row))) {
      throw fail(notificationErrors.changed, 'Somebody has changed this meanwhile; look at it again')
    }
    await audit(tx, {
      ...{ action: 'messageTemplate.change', entity: 'messageTemplate', entityId: key },
      before: { texts: before.texts, channels: before.channels, providerCodes: before.providerCodes },
      after,
    })
  })
}

function summaryOf(template: MessageTemplate, now: TextsInForce): MessageTemplateSummary {
  const { key, label, confidential = false } = template
  return {
    ...{ key, label: { ...label }, confidential },
    channels: [...now.channels],
    version: now.version,
    edited: now.edited,
  }
}

async function detailOf(hub: Hub, template: MessageTemplate): Promise<MessageTemplateDetail> {
  const now = await textsInForce(hub.db.pool, template)
  const versions = await versionsOf(hub.db.pool, template.key)
  return {
    ...summaryOf(template, now),
    texts: now.texts,
    builtinTexts: template.texts,
    providerCodes: now.providerCodes,
    variables: Object.entries(template.variables).map(([name, { label, example }]) => ({
      name,
      label: { ...label },
      example: bothLanguages(example),
    })),
    versions: versions.map(({ version, texts, note, createdAt, createdBy }) => ({
      ...{ version, texts, note, at: createdAt.toISOString(), by: createdBy },
    })),
  }
}

function bothLanguages(value: Texts | string | number): { zh: string; en: string } {
  return typeof value === 'object' ? { ...value } : { zh: String(value), en: String(value) }
}
