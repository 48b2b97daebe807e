import type { Metadata } from 'next';
import { TlsView } from './_components/tls-view.tsx';

export const metadata: Metadata = { title: 'TLS' };

export default function TlsPage() {
  return <TlsView />;
}
