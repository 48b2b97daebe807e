import { BrandMark } from '#components/layout/brand.tsx';
import { MissingPage } from '#components/layout/missing-page.tsx';

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-content-center justify-items-center">
      <BrandMark size={28} />
      <MissingPage />
    </main>
  );
}
