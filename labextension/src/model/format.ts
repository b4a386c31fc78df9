/** Times and durations as people read them. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** No line break between a number and its unit. */
const NBSP = '\u00a0';

/** Seconds as one or two units: `0.4 s`, `42 s`, `3 min 12 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (seconds < 9.95) {
    return `${Math.max(0, seconds).toFixed(1)}${NBSP}s`;
  }
  if (rounded < MINUTE) {
    return `${rounded}${NBSP}s`;
  }
  if (rounded < HOUR) {
    return two(rounded, MINUTE, 'min', 1, 's');
  }
  return rounded < DAY ? two(rounded, HOUR, 'h', MINUTE, 'min') : two(rounded, DAY, 'd', HOUR, 'h');
}

/** How long ago `at` was, seen from `now` (ms since 1970): `2 min. ago`, `yesterday`; a date beyond a week. */
export function ago(at: string, now: number, locale?: string): string {
  const then = Date.parse(at);
  if (Number.isNaN(then)) {
    return '';
  }
  // Clocks of two machines differ a little: the future is shown as now.
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds > 7 * DAY) {
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(then);
  }
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  if (seconds < MINUTE) {
    return words.format(seconds < 10 ? 0 : -Math.floor(seconds / 10) * 10, 'second');
  }
  if (seconds < HOUR) {
    return words.format(-Math.floor(seconds / MINUTE), 'minute');
  }
  return seconds < DAY
    ? words.format(-Math.floor(seconds / HOUR), 'hour')
    : words.format(-Math.floor(seconds / DAY), 'day');
}

/** The moment `at` in full, for a tooltip. */
export function moment(at: string, locale?: string): string {
  const then = Date.parse(at);
  return Number.isNaN(then)
    ? ''
    : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(then);
}

/** The time of day at `at`, here: `14:05`. */
export function timeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** Seconds from `at` to `now` (ms since 1970), never below zero. */
export function elapsed(at: string, now: number): number {
  const then = Date.parse(at);
  return Number.isNaN(then) ? 0 : Math.max(0, (now - then) / 1000);
}

function two(
  seconds: number,
  unit: number,
  name: string,
  smaller: number,
  smallerName: string
): string {
  const whole = Math.floor(seconds / unit);
  const rest = Math.floor((seconds % unit) / smaller);
  const head = `${whole}${NBSP}${name}`;
  return rest === 0 ? head : `${head} ${rest}${NBSP}${smallerName}`;
}
