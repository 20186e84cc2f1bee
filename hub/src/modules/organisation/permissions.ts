import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '组织与角色', en: 'Organisation and roles' },
  permissions: {
    'organisation.read': {
      zh: '查看公司、部门和同事',
      en: 'See companies, departments and colleagues',
      defaults: ['manager', 'engineer', 'billingClerk', 'serviceAgent'],
    },
    'organisation.write': { zh: '维护公司、部门和岗位', en: 'Edit companies, departments and posts' },
    'roles.read': { zh: '查看角色和权限', en: 'See roles and what they allow', defaults: ['manager'] },
    'roles.manage': { zh: '修改角色的权限', en: 'Change what roles allow' },
  },
})
