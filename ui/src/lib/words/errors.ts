import type { ApiError } from '#lib/api/api-error.ts'
import { m } from '#lib/paraglide/messages.js'

const byCode: Readonly<Record<string, (inputs: { message: string }) => string>> = {
  network: m.error_network,
  'auth.bad_credentials': m.error_bad_credentials,
  'auth.locked': m.error_locked,
  'auth.forbidden': m.error_forbidden,
  'auth.csrf': m.error_session_old,
  'auth.part_of_project': m.error_part_of_project,
  'auth.acting': m.error_acting,
  'auth.cannot_act_as': m.error_cannot_act_as,
  'auth.not_acting': m.error_conflict,
  'user.above_you': m.error_user_above,
  'user.changed': m.error_conflict,
  'organisation.changed': m.error_conflict,
  'company.code_taken': m.error_code_taken,
  'company.in_use': m.error_company_in_use,
  'department.in_use': m.error_department_in_use,
  'department.loop': m.error_department_loop,
  'post.in_use': m.error_post_in_use,
  'role.in_use': m.error_role_in_use,
  'role.fixed': m.error_role_fixed,
  'role.name_taken': m.error_name_taken,
  'input.invalid': m.error_invalid,
  'input.csv_invalid': m.error_csv,
  'input.too_large': m.error_too_large,
  'rate.limited': m.error_rate,
  'project.not_found': m.error_not_found,
  internal: m.error_server,
  conflict: m.error_conflict,
  'tariff.month_issued': m.error_tariff_month_issued,
  'tariff.version_exists': m.error_tariff_version_exists,
  'tariff.exists': m.error_code_taken,
  'charge_item.exists': m.error_code_taken,
  'bill_run.stale': m.error_run_stale,
  'bill_run.usage_pending': m.error_usage_pending,
  'bill_run.not_open': m.error_run_not_open,
  'bill_run.not_previewed': m.error_run_not_open,
  'bill_run.empty': m.error_run_empty,
  'bill_run.month_not_begun': m.error_month_not_begun,
  'bill_run.month_not_over': m.run_month_not_over,
  'auth.wrong_password': m.error_wrong_password,
  'gateway.name_taken': m.error_name_taken,
  'gateway.token_refused': m.error_token_refused,
  'history.span_invalid': m.error_span,
  'usage.span_too_long': m.error_span,
  'meter.in_use': m.error_meter_in_use,
  'metering_point.no_meter': m.error_no_meter,
  'project.code_taken': m.error_code_taken,
  'quarantine.resolved': m.error_quarantine_resolved,
  'quarantine.still_refused': m.error_quarantine_refused,
  'read.implausible': m.error_read_implausible,
  'replacement.refused': m.error_replacement,
  'setup.done': m.error_setup_done,
  'setup.token_invalid': m.error_setup_token,
  'input.unsupported_media': m.error_not_csv,
  'auth.no_session': m.error_signed_out,
  'live.too_many': m.error_pages_open,
  'metering_point.unknown_sort': m.error_sort,
  'hub.stopping': m.error_unavailable,
  'user.last_administrator': m.error_last_administrator,
  'user.username_taken': m.error_name_taken,
  'gateway.revoked': m.error_gateway_revoked,
  'gateway.offline': m.error_gateway_offline,
  'gateway.busy': m.error_gateway_busy,
  'gateway.no_answer': m.error_gateway_timeout,
  'gateway.request_failed': m.error_gateway_said,
  'gateway.bad_answer': m.error_gateway_odd,
  'gateway.nothing_runs': m.error_gateway_nothing_runs,
  'gateway_config.in_use': m.error_config_in_use,
  'gateway_template.name_taken': m.error_name_taken,
  'command.device_removed': m.error_command_device_removed,
  'command.gateway_revoked': m.error_gateway_revoked,
  'command.own_request': m.error_command_own,
  'command.not_awaiting': m.error_command_settled,
  'command.already_sent': m.error_command_sent,
  'command.too_late': m.error_command_late,
  'process_definition.stale': m.wf_error_stale,
  'process_definition.key_taken': m.error_code_taken,
  'process_definition.not_startable': m.wf_error_not_startable,
  'process.already_running': m.wf_error_running,
  'process.over': m.wf_error_over,
  'task.over': m.wf_error_task_over,
  'task.own_process': m.wf_error_own,
  'task.one_voice': m.wf_error_one_voice,
  'task_delegation.overlaps': m.wf_error_overlaps,
}
const byStatus: Readonly<Record<number, () => string>> = {
  404: m.error_not_found,
  429: m.error_rate,
  500: m.error_server,
  502: m.error_unavailable,
  503: m.error_unavailable,
}

/** What happened, what was kept, what to do: in words, never a code. */
export function errorText(error: ApiError): string {
  const words = byCode[error.code] ?? (error.code.endsWith('.not_found') ? m.error_not_found : undefined)
  if (words) return words({ message: reasonOf(error) })
  if (error.status === 0) return m.error_unexpected({ message: error.message })
  return byStatus[error.status]?.() ?? m.error_unexpected({ message: error.message })
}

/** The hub's reason in the language of the person; what programs say stays as it is. */
function reasonOf(error: ApiError): string {
  const { reason } = error.details
  return typeof reason === 'string' ? reason : error.message
}
