import type { Metadata } from 'next';
import { EndpointDetails } from './_components/endpoint-details.tsx';

export const metadata: Metadata = { title: 'Details' };

export default async function EndpointPage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <EndpointDetails name={endpoint} />;
}
