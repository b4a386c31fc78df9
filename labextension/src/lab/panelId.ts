/** The panel's id in the shell, and its tabs. */

export const PANEL_ID = 'dagbook-panel';
export type Tab = 'tracked' | 'pipelines' | 'models';
