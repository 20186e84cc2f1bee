/** Users, sign-in, first setup, and the audit log as people read it. */
export { accountsModule } from './accounts.routes.ts'
export { issueSetupToken } from './setup.service.ts'
