/** Labels beside the ends of lines. */

/** Least distance of two labels' baselines. */
export const LINE_HEIGHT = 18;

/**
 * Heights near `wanted`, at least LINE_HEIGHT apart and between `top` and `bottom` where they fit, in the order of `wanted`:
 * groups of labels that would meet are centred on the mean of their wishes (pool adjacent violators).
 */
export function placeLabels(wanted: readonly number[], top: number, bottom: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const groups: { sum: number; count: number }[] = [];
  order.forEach((label, rank) => {
    groups.push({ sum: wanted[label] - rank * LINE_HEIGHT, count: 1 });
    while (groups.length > 1 && mean(groups[groups.length - 2]) > mean(groups[groups.length - 1])) {
      const { sum, count } = groups.pop() as { sum: number; count: number };
      groups[groups.length - 1].sum += sum;
      groups[groups.length - 1].count += count;
    }
  });
  const highest = Math.max(top, bottom - (wanted.length - 1) * LINE_HEIGHT);
  const shifted = groups.flatMap((group) => Array<number>(group.count).fill(Math.min(Math.max(mean(group), top), highest)));
  const heights = new Array<number>(wanted.length);
  order.forEach((label, rank) => {
    heights[label] = shifted[rank] + rank * LINE_HEIGHT;
  });
  return heights;
}

const mean = ({ sum, count }: { sum: number; count: number }): number => sum / count;
