// Search in memory. Signatures first.
/** [{person, why: "number"|"phone"|"name"|"sound"|"village"}], best first. */
export const find = (text, { limit = 30 } = {}) => [];
/** People who may be the same as the one being registered: [{person, score}]. */
export const alike = (person, { limit = 5 } = {}) => [];
