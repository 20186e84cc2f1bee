import { defineResource } from '../../platform/resource/resource.ts'
import { checkAnnouncement } from './domain/announcement.ts'

/** What the office tells owners and residents, in a project or in one building, from when to when. */
export const announcement = defineResource({
  name: 'announcement',
  path: 'announcements',
  label: { zh: '公告', en: 'Announcements' },
  permissionGroup: { zh: '客户服务', en: 'Service' },
  readers: ['manager', 'serviceAgent'],
  writers: ['manager', 'serviceAgent'],
  table: 'announcement',
  scope: { project: 'project_id', building: 'building_id' },
  titleField: 'title',
  defaultSort: '-shownFrom',
  fields: {
    title: {
      kind: 'text',
      label: { zh: '标题', en: 'Title' },
      required: true,
      maxLength: 100,
      list: true,
      sort: true,
      search: true,
    },
    text: {
      kind: 'longText',
      label: { zh: '内容', en: 'Text' },
      required: true,
      maxLength: 5_000,
      search: true,
    },
    important: {
      kind: 'boolean',
      label: { zh: '重要', en: 'Important' },
      help: { zh: '在业主首页置顶', en: 'Stands first on the home page of owners' },
      default: false,
      list: true,
    },
    audience: {
      kind: 'choice',
      label: { zh: '对象', en: 'For' },
      required: true,
      default: 'all',
      list: true,
      options: [
        { value: 'all', label: { zh: '全项目', en: 'The whole project' } },
        { value: 'building', label: { zh: '一栋楼', en: 'One building' } },
      ],
    },
    buildingId: {
      kind: 'reference',
      resource: 'building',
      label: { zh: '楼栋', en: 'Building' },
      list: true,
    },
    shownFrom: {
      kind: 'instant',
      label: { zh: '开始显示', en: 'Shown from' },
      required: true,
      list: true,
      sort: true,
    },
    shownTo: {
      kind: 'instant',
      label: { zh: '停止显示', en: 'Shown until' },
      help: { zh: '留空则一直显示', en: 'Empty: for good' },
      list: true,
    },
  },
  hooks: {
    check: checkAnnouncement,
    async beforeSave(_tx, { after }) {
      if (after.audience === 'all' && after.buildingId !== null) return { buildingId: null }
    },
  },
})
