import type { Metadata } from 'next';
import { EndpointCost } from './_components/endpoint-cost.tsx';

export const metadata: Metadata = { title: 'Cost' };

export default async function CostPage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <EndpointCost endpoint={endpoint} />;
}
