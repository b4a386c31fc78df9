/** What has to be asked for before it can be shown. */

import { useEffect, useState } from 'react';

export interface Reading<T> {
  /** The last answer; null before the first. */
  readonly value: T | null;
  /** Why there is no newer one, in words for a person; empty when nothing is wrong. */
  readonly fault: string;
}

/** Asks by `read` at first, and again when `key` is another. An answer that comes too late is not looked at. */
export function useRead<T>(read: () => Promise<T>, key: string): Reading<T> {
  const [reading, setReading] = useState<Reading<T>>({ value: null, fault: '' });
  useEffect(() => {
    let isWanted = true;
    read().then(
      value => {
        if (isWanted) {
          setReading({ value, fault: '' });
        }
      },
      (error: unknown) => {
        if (isWanted) {
          setReading(before => ({ ...before, fault: wordsOf(error) }));
        }
      }
    );
    return () => {
      isWanted = false;
    };
    // `read` is another function each time it is drawn; what it asks for is told by `key`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return reading;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
