/** What the routes of schedules say; see docs/reference/rest.md. */

export interface Schedule {
  readonly schedule: string;
  readonly project: string;
  readonly file: string;
  readonly cron: string | null;
  readonly timezone: string;
  readonly pin: string | null;
  readonly paused: boolean;
  readonly drift: readonly string[];
  /** Null while it is paused, or while nobody can say. */
  readonly next: string | null;
  readonly last: string | null;
  readonly run: string | null;
  readonly missed_firings: number;
  readonly problem: string | null;
}

export interface SchedulesAnswer {
  readonly schedules: readonly Schedule[];
  /** Of each project with schedules, whether somebody fires them. */
  readonly schedulers: Readonly<Record<string, { readonly running: boolean }>>;
}

export interface NewSchedule {
  readonly path: string;
  readonly cron: string;
  readonly timezone: string;
}
