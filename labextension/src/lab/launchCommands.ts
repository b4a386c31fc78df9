/** The ids of what can be done about running a notebook; other extensions may use them. */

/** Opens a launch: `path` of a notebook or pipeline; `run` shows a run that was started from it. */
export const OPEN_LAUNCH = 'dagbook:run-in-background';
/** The same for what is selected in the file browser. */
export const LAUNCH_SELECTED = 'dagbook:run-selected';
/** Chooses a pipeline or notebook, and opens a launch of it. */
export const CHOOSE_LAUNCH = 'dagbook:choose-what-to-run';
export const TOGGLE_PARAMETERS = 'dagbook:toggle-parameters-cell';
export const TRACK_NOTEBOOK = 'dagbook:track-notebook';
/** Opens the notebook at `path` and shows its cell of the id `cell`. */
export const JUMP_TO_CELL = 'dagbook:jump-to-cell';
/** Writes `values` into the parameters cell of the notebook at `path`, as one step that can be undone. */
export const SHOW_DEFAULTS = 'dagbook:make-defaults';
export const TOGGLE_BADGES = 'dagbook:toggle-cell-badges';
/** The page of a recorded run; not ours, and perhaps not there. */
export const OPEN_RUN = 'dagbook:open-run';
