/** What is wrong with an announcement as it would be stored. */
export function checkAnnouncement(after: Readonly<Record<string, unknown>>): { field: string; reason: { code: string } }[] {
  const faults = []
  if (after.audience === 'building' && after.buildingId === null) {
    faults.push({ field: 'buildingId', reason: { code: 'announcement.no_building' } })
  }
  if (after.shownTo !== null && Date.parse(String(after.shownTo)) <= Date.parse(String(after.shownFrom))) {
    faults.push({ field: 'shownTo', reason: { code: 'announcement.period' } })
  }
  return faults
}
