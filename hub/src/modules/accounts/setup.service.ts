import { createHash, randomBytes } from 'node:crypto'
import { ADMINISTRATOR } from '../../platform/auth/builtin-roles.ts'
import { hashPassword } from '../../platform/auth/password.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { setupRepository, userRepository } from './accounts.repository.ts'
import { accountErrors } from './errors.ts'
import { auditOf, type SignedIn, type SignInService, type Visitor } from './sign-in.service.ts'

const LINK_HOURS = 24

/** Is an administrator still missing. */
export async function isSetupNeeded(hub: Hub): Promise<boolean> {
  return (await userRepository.countAdministrators(hub.db.prisma)) === 0
}

/**
 * Makes a new one-time link while there is no administrator; earlier links end.
 * @returns the token for `/setup?token=…`; null when there is an administrator
 */
export async function issueSetupToken(hub: Hub): Promise<string | null> {
  const token = randomBytes(32).toString('base64url')
  const now = hub.clock.now()
  return hub.db.prismaTransaction(async (tx) => {
    await userRepository.lockAdministrators(tx)
    if ((await userRepository.countAdministrators(tx)) > 0) return null
    await setupRepository.replaceToken(
      tx,
      hashToken(token),
      now,
      new Date(now.getTime() + LINK_HOURS * 3_600_000),
    )
    return token
  })
}

/**
 * Makes the first administrator and signs him in. The token counts once, also when two try at the same time.
 * @throws AppError `setup.done`, `setup.token_invalid`
 */
export async function setUp(
  hub: Hub,
  signIn: SignInService,
  input: { token: string; username: string; displayName: string; password: string },
  visitor: Visitor,
): Promise<SignedIn> {
  const { token, username, displayName, password } = input
  if (!(await isSetupNeeded(hub))) throw setupDone()
  const passwordHash = await hashPassword(password)
  const user = await hub.db.prismaTransaction(async (tx) => {
    await userRepository.lockAdministrators(tx)
    if ((await userRepository.countAdministrators(tx)) > 0) throw setupDone()
    if (!(await setupRepository.useToken(tx, hashToken(token), hub.clock.now()))) {
      throw fail(
        accountErrors.setupTokenInvalid,
        'The link is not valid any more; start the hub again for a new one',
      )
    }
    const { id: roleId } = await userRepository.roleByCode(tx, ADMINISTRATOR)
    const everything = {
      allProjects: true,
      projectIds: [],
      buildingIds: [],
      records: 'all',
      until: null,
    } as const
    const assignments = [{ roleId, ...everything }]
    const made = await userRepository.insert(tx, { username, displayName, passwordHash, assignments })
    await auditOf(made, visitor)(tx, {
      action: 'user.setup',
      entity: 'user',
      entityId: made.id,
      after: { username, displayName },
    })
    return made
  })
  return signIn.begin(user, visitor)
}

function setupDone() {
  return fail(accountErrors.setupDone, 'There is an administrator already; sign in')
}

function hashToken(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest())
}
