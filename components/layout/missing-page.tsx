import { EmptyState } from '#components/ui/empty-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';

/** Nothing is at this address. */
export function MissingPage() {
  return (
    <>
      <h1 className="sr-only">Not found</h1>
      <EmptyState
        title="There is nothing at this address"
        headingLevel={2}
        actions={
          <ButtonLink href="/" variant="primary">
            Go to the overview
          </ButtonLink>
        }
      >
        It was renamed or deleted, or the link has a typing error.
      </EmptyState>
    </>
  );
}
