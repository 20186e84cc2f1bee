import type { Permission, Role } from '@courtyard/protocols/contract'

/** What each role may do: the only place that says so. */
export const permissionsOfRole: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: [
    'users.manage',
    'audit.read',
    'estate.read',
    'estate.write',
    'gateways.read',
    'gateways.write',
    'devices.read',
    'quarantine.resolve',
    'metering.read',
    'metering.write',
    'charging.read',
    'charging.write',
    'billRuns.issue',
  ],
  engineer: [
    'estate.read',
    'gateways.read',
    'gateways.write',
    'devices.read',
    'quarantine.resolve',
    'metering.read',
    'metering.write',
  ],
  billingClerk: [
    'estate.read',
    'gateways.read',
    'devices.read',
    'metering.read',
    'charging.read',
    'charging.write',
    'billRuns.issue',
  ],
  manager: ['audit.read', 'estate.read', 'gateways.read', 'devices.read', 'metering.read', 'charging.read'],
}
