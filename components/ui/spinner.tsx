/** Turning mark for work without a known share. Decorative: the words beside it say what is going on. */
export function Spinner({ size = 16 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      className="animate-spin shrink-0"
      aria-hidden="true"
    >
      <path d="M14 8a6 6 0 1 1-3.5-5.46" />
    </svg>
  );
}
