/** The time of day as state, for everything that says how long ago something was. */

import { useEffect, useState } from 'react';

/** Milliseconds since 1970, anew every `every` milliseconds. */
export function useClock(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
