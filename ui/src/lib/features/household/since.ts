/** Who is the first known owner of a room is that since before anything was written down. */
export const isAlways = (at: unknown): boolean => typeof at === 'string' && Date.parse(at) === 0
