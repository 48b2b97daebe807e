/** 32-bit FNV-1a with a final mix (murmur3), so that keys which differ in one character land far apart. */
function hash32(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Weighted rendezvous hashing: every candidate draws `-ln(u) / weight` with a `u` that only key and name decide, and the smallest draw
 * wins. A candidate whose weight grows can only attract keys, one that shrinks can only lose them, and nothing moves between the others.
 * @returns index of the winner, -1 when no candidate has a weight
 */
export function chooseByRendezvous(key: string, names: readonly string[], weights: readonly number[]): number {
  let winner = -1;
  let smallest = Infinity;
  for (let i = 0; i < names.length; i += 1) {
    const weight = weights[i] as number;
    if (weight <= 0) continue;
    const text = `${names[i]}\n${key}`;
    const uniform = (hash32(text, 0) * 0x20_0000 + (hash32(text, 0x9e3779b9) >>> 11) + 0.5) / 0x20_0000_0000_0000;
    const draw = -Math.log(uniform) / weight;
    if (draw < smallest) {
      smallest = draw;
      winner = i;
    }
  }
  return winner;
}
