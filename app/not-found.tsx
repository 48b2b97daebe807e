import { BrandMark } from '#components/layout/brand.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <div className="grid justify-items-center">
        <BrandMark size={28} />
        <h1 className="sr-only">Not found</h1>
        <EmptyState
          title="There is nothing at this address"
          actions={
            <ButtonLink href="/" variant="primary">
              Go to the overview
            </ButtonLink>
          }
        >
          It was renamed or deleted, or the link has a typing error.
        </EmptyState>
      </div>
    </main>
  );
}
