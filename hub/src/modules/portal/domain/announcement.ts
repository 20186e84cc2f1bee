/** What is wrong with an announcement as it would be stored. */
export function checkAnnouncement(
  after: Readonly<Record<string, unknown>>,
): { field: string; reason: { code: string } }[] {
  const faults = []
  if (after.audience === 'building' && after.buildingId === null) {
    faults.push({ field: 'buildingId', reason: { code: 'announcement.no_building' } })
  }
  const { shownFrom, shownTo } = after
  if (
    typeof shownFrom === 'string' &&
    typeof shownTo === 'string' &&
    new Date(shownTo) <= new Date(shownFrom)
  ) {
    faults.push({ field: 'shownTo', reason: { code: 'announcement.period' } })
  }
  return faults
}
