import { fail, platformErrors, registerErrors, type ErrorKind } from '../../platform/errors.ts'

export const organisationErrors = {
  companyNotFound: { code: 'company.not_found', status: 404 },
  companyCodeTaken: { code: 'company.code_taken', status: 409 },
  companyInUse: { code: 'company.in_use', status: 409 },
  departmentNotFound: { code: 'department.not_found', status: 404 },
  departmentInUse: { code: 'department.in_use', status: 409 },
  departmentLoop: { code: 'department.loop', status: 409 },
  postNotFound: { code: 'post.not_found', status: 404 },
  postInUse: { code: 'post.in_use', status: 409 },
  roleNotFound: { code: 'role.not_found', status: 404 },
  roleInUse: { code: 'role.in_use', status: 409 },
  roleFixed: { code: 'role.fixed', status: 409 },
  roleNameTaken: { code: 'role.name_taken', status: 409 },
  changed: { code: 'organisation.changed', status: 409 },
} as const satisfies Record<string, ErrorKind>

registerErrors(organisationErrors)

export function changed() {
  return fail(organisationErrors.changed, 'Somebody has changed this meanwhile; look at it again')
}

export function onlyEverywhere() {
  return fail(
    platformErrors.forbidden,
    'The organisation is that of all projects: only who keeps all may change it',
  )
}
