import type { Metadata } from 'next';
import { InstallationCost } from './_components/installation-cost.tsx';

export const metadata: Metadata = { title: 'Cost · Viridian' };

export default function CostPage() {
  return <InstallationCost />;
}
