/* The order frames are shown in: as they were taken, or the worst first, suspects before all others. */
function inOrder(set, worstFirst) {
  if (!worstFirst) return [...set.frames];
  const badness = (frame) => frame.badness ?? frame.curve[0] ?? -Infinity;
  const compare = (a, b) => (badness(b) > badness(a)) - (badness(b) < badness(a));
  return [...set.frames].sort((a, b) => !!b.suspect - !!a.suspect || compare(a, b));
}
