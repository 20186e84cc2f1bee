/** Users, sign-in, first setup. */
import './permissions.ts'
import './reasons.ts'
export { accountsModule } from './accounts.routes.ts'
export { visibleUsers } from './user-list.repository.ts'
export { issueSetupToken } from './setup.service.ts'
