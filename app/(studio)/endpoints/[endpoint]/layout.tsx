import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { EndpointFrame } from './_components/endpoint-frame.tsx';

interface EndpointLayoutProps {
  params: Promise<{ endpoint: string }>;
  children: ReactNode;
}

export async function generateMetadata({ params }: EndpointLayoutProps): Promise<Metadata> {
  const { endpoint } = await params;
  return { title: { default: endpoint, template: `%s · ${endpoint} · Viridian` } };
}

export default async function EndpointLayout({ params, children }: EndpointLayoutProps) {
  const { endpoint } = await params;
  return (
    <EndpointFrame name={endpoint}>
      {/* No Suspense boundary: what hydrates later would find data that the server's skeleton did not have. */}
      {children}
    </EndpointFrame>
  );
}
