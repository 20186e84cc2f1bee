/** Users, sign-in, first setup, and the audit log as people read it. */
import './permissions.ts'
import './reasons.ts'
export { accountsModule } from './accounts.routes.ts'
export { issueSetupToken } from './setup.service.ts'
