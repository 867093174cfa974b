/**
 * The same function, remembering what it made of short texts: user agents, From headers and links repeat by the
 * thousand. Bounded by forgetting everything at once, which costs less than keeping score of use.
 */
export const remembered = <V>(make: (text: string) => V, limit = 4096): ((text: string) => V) => {
  const known = new Map<string, V>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (text.length <= 2048) {
      if (known.size >= limit) known.clear();
      known.set(text, made);
    }
    return made;
  };
};
