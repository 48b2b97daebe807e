/** The mark: two halves of a V, the second one lighter, as two deployments of one endpoint. */
export function BrandMark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path d="M1.2 3h5l3.8 8.2v6.3z" fill="var(--color-accent)" />
      <path d="M18.8 3h-5L10 11.2v6.3z" fill="var(--color-accent)" opacity=".5" />
    </svg>
  );
}
