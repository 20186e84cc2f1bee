/** Stands for a secret that is not shown; sent back it means "as it was". Equal to SECRET_MASK of the contract. */
export const MASK = '********'
