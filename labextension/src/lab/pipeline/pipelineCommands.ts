/** The names of the commands around pipeline documents. */

export const NEW_PIPELINE = 'dagbook:new-pipeline';
export const DRAFT_PIPELINE = 'dagbook:draft-pipeline';
