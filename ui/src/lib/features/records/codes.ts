/** A code of a dictionary or of one of its entries, as the contract takes it. */
export const codePattern = /^[a-z][\w-]{0,39}$/i
/** A key of a custom field. */
export const keyPattern = /^[a-z]\w{0,39}$/i
