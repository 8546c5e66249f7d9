/** `npm run test:engines -- --long`: more of everything. */
export const isLong = process.env.ENGINES_LONG === '1'
