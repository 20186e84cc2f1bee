/** The plain list of metering points: what the address says when it says nothing. */
export const meterListDefaults = {
  q: '',
  medium: '',
  role: '',
  building: '',
  status: '',
  verification: '',
  sort: 'code',
  page: '1',
}
export type MeterListState = typeof meterListDefaults
