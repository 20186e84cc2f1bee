/** A registration of a vehicle begins and ends; a change of hands ends one and begins another. */
type Values = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>
interface Fault {
  readonly field: string
  readonly reason: { readonly code: 'vehicle.period' | 'vehicle.ended' }
}

export function checkVehicle({ from, to }: Values): Fault[] {
  if (to === null || to === undefined || String(to) > String(from)) return []
  return [{ field: 'to', reason: { code: 'vehicle.period' } }]
}

/** Plates are compared without blanks and dots, in capitals: 浙A·12345 is 浙A12345. */
export function plainPlate(plate: string): string {
  return plate
    .normalize('NFKC')
    .replaceAll(/[\s·.・-]/g, '')
    .toUpperCase()
}

/** Ends a registration on a day; it must not have ended, and the day lies behind its first one. */
export function endVehicle(vehicle: Values, answers: Values): { to: string } | { refused: Fault['reason'] } {
  if (vehicle.to !== null) return { refused: { code: 'vehicle.ended' } }
  const to = String(answers.to)
  return to > String(vehicle.from) ? { to } : { refused: { code: 'vehicle.period' } }
}
