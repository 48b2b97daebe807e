import type { Metadata } from 'next';
import { Registries } from './_components/registries.tsx';

export const metadata: Metadata = { title: 'Registries' };

export default function RegistriesPage() {
  return <Registries />;
}
