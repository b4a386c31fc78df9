/** A pipeline file as a value, and what is done to such a value. Order and unknown keys are kept. */

/** A mapping, a list or a scalar, as YAML gives it. */
export type Value = unknown;
export type Mapping = Readonly<Record<string, Value>>;
export type Path = readonly (string | number)[];

/**
 * One change of the value at a path. `set` at the length of a list appends.
 * `rewrite` makes the new text of a scalar out of its old one, as it stands in the file, quotes and all.
 */
export type Operation =
  | {
      readonly do: 'set';
      readonly path: Path;
      readonly value: Value;
      readonly rewrite?: (source: string) => string;
    }
  | { readonly do: 'remove'; readonly path: Path }
  | { readonly do: 'rename'; readonly path: Path; readonly key: string };

export function isMapping(value: Value): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping, or an empty one for whatever else stands there. */
export function mapping(value: Value): Mapping {
  return isMapping(value) ? value : {};
}

/** The value at a path; undefined where there is none. */
export function at(value: Value, path: Path): Value {
  let found = value;
  for (const key of path) {
    found =
      isMapping(found) || Array.isArray(found)
        ? (found as Readonly<Record<string | number, Value>>)[key]
        : undefined;
  }
  return found;
}

/** The value after an operation. */
export function operated(value: Value, operation: Operation): Value {
  const [key, ...rest] = operation.path;
  if (key === undefined) {
    return operation.do === 'set' ? operation.value : value;
  }
  const inner = { ...operation, path: rest };
  if (Array.isArray(value) || (typeof key === 'number' && !isMapping(value))) {
    const list: Value[] = Array.isArray(value) ? [...(value as readonly Value[])] : [];
    const index = Number(key);
    if (rest.length === 0 && operation.do === 'remove') {
      list.splice(index, 1);
    } else {
      list[index] = operated(list[index], inner);
    }
    return list;
  }
  const entries = Object.entries(mapping(value));
  const name = String(key);
  if (rest.length === 0 && operation.do === 'remove') {
    return Object.fromEntries(entries.filter(([each]) => each !== name));
  }
  if (rest.length === 0 && operation.do === 'rename') {
    return Object.fromEntries(
      entries.map(([each, kept]) => [each === name ? operation.key : each, kept])
    );
  }
  if (!entries.some(([each]) => each === name)) {
    entries.push([name, undefined]);
  }
  return Object.fromEntries(
    entries.map(([each, kept]) => [each, each === name ? operated(kept, inner) : kept])
  );
}

/** Whether two values are alike, the order of mappings included. */
export function alike(one: Value, other: Value): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    const others = other as readonly Value[];
    return one.length === other.length && one.every((each, index) => alike(each, others[index]));
  }
  if (isMapping(one) && isMapping(other)) {
    const [ours, theirs] = [Object.entries(one), Object.entries(other)];
    return (
      ours.length === theirs.length &&
      ours.every(([key, value], index) => {
        const [otherKey, otherValue] = theirs[index] ?? [];
        return key === otherKey && alike(value, otherValue);
      })
    );
  }
  return Object.is(one, other);
}
