import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '系统运维', en: 'Operations' },
  permissions: {
    'settings.manage': { zh: '修改系统和项目设置', en: 'Change settings of the system and of projects' },
    'backup.manage': {
      zh: '查看、执行、校验、下载和删除备份（备份包含全部数据）',
      en: 'See, make, check, download and delete backups (they hold all data)',
    },
    'archive.manage': {
      zh: '查看归档，把旧数据移出或放回数据库',
      en: 'See archives; move old readings out of the database and back',
    },
  },
})
