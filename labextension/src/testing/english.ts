/** Words as they are written in the code: what the view is drawn with in tests. */

import type { Translation } from '../view/surroundings';

export const ENGLISH: Translation = {
  __: (text, ...args) =>
    text.replace(/%(\d)/g, (_, place: string) => String(args[Number(place) - 1])),
  _n: (text, plural, n, ...args) => ENGLISH.__(n === 1 ? text : plural, n, ...args)
};
