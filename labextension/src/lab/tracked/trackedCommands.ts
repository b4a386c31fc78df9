/** The ids of what can be done with recorded runs; other extensions may use them. */

/** The page of a recorded run; `run` is its id. */
export const OPEN_RUN = 'dagbook:open-run';
export const RENAME_RUN = 'dagbook:rename-run';
export const DELETE_RUN = 'dagbook:delete-run';
export const RESTORE_RUN = 'dagbook:restore-run';
export const COPY_RUN_ID = 'dagbook:copy-run-id';
export const OPEN_IN_MLFLOW = 'dagbook:open-run-in-mlflow';
/** Side by side: `runs` are ids; those that are selected in the panel otherwise. */
export const COMPARE_RUNS = 'dagbook:compare-runs';
