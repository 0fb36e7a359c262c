/** A percentage of two digits or so; nothing is rounded away to none. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.1) return '< 0.1 %';
  return `${share.toFixed(share === 100 || share === 0 ? 0 : 1)} %`;
}
