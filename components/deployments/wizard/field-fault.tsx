import { CircleAlert } from 'lucide-react';

/** What is wrong with a part of the form that is no single input. */
export function FieldFault({ message }: { message: string | null }) {
  if (message === null) return null;
  return (
    <p className="flex gap-1.5 text-xs text-danger">
      <CircleAlert size={14} className="mt-px" aria-hidden="true" />
      {message}
    </p>
  );
}
