/** Name under which the certificate of the local CA is downloaded. */
export const CA_FILE = 'viridian-ca.crt';

export const TRUST_PLACES = ['linux', 'macos', 'windows', 'browser', 'curl', 'python', 'node'] as const;
export type TrustPlace = (typeof TRUST_PLACES)[number];

export interface TrustStep {
  name: string;
  note: string;
  /** Commands to run where the downloaded file lies; null where there are none. */
  code: string | null;
}

/** How a system or a program comes to trust the downloaded certificate. @param url an address of the gateway over TLS, for examples */
export function trustStep(place: TrustPlace, url: string): TrustStep {
  return STEPS[place](url);
}

const STEPS: Record<TrustPlace, (url: string) => TrustStep> = {
  linux: () => ({
    name: 'Linux',
    note: 'For the whole system: curl, most programs, and Chrome where it uses the system’s store. Containers have a store of their own.',
    code: [
      '# Debian, Ubuntu, Alpine',
      `sudo cp ${CA_FILE} /usr/local/share/ca-certificates/ && sudo update-ca-certificates`,
      '# Fedora, Red Hat, SUSE',
      `sudo cp ${CA_FILE} /etc/pki/ca-trust/source/anchors/ && sudo update-ca-trust`,
    ].join('\n'),
  }),
  macos: () => ({
    name: 'macOS',
    note: 'For the whole system: Safari, Chrome and most programs.',
    code: `sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${CA_FILE}`,
  }),
  windows: () => ({
    name: 'Windows',
    note: 'In PowerShell, run as administrator. For the whole system: Edge, Chrome and .NET.',
    code: `Import-Certificate -FilePath ${CA_FILE} -CertStoreLocation Cert:\\LocalMachine\\Root`,
  }),
  browser: () => ({
    name: 'Browser',
    note: 'Chrome, Edge and Safari trust what the system trusts. Firefox: Settings → Privacy & Security → Certificates → View Certificates → Authorities → Import, and allow it to identify websites.',
    code: null,
  }),
  curl: (url) => ({
    name: 'curl',
    note: 'For one call, without a change to the system.',
    code: `curl --cacert ${CA_FILE} ${url}/`,
  }),
  python: () => ({
    name: 'Python',
    note: 'requests reads the first variable; httpx, urllib and the openai client the second. Each replaces the authorities that the program would trust otherwise.',
    code: `export REQUESTS_CA_BUNDLE="$PWD/${CA_FILE}"\nexport SSL_CERT_FILE="$PWD/${CA_FILE}"`,
  }),
  node: () => ({
    name: 'Node.js',
    note: 'Read once, when the program starts. Adds to the authorities that Node trusts.',
    code: `export NODE_EXTRA_CA_CERTS="$PWD/${CA_FILE}"`,
  }),
};
