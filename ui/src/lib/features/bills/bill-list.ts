/** The plain list of bills. */
export const billListDefaults = { q: '', month: '', item: '', status: '', sort: 'accountNumber', page: '1' }
export type BillListState = typeof billListDefaults
