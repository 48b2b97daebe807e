/** Credentials of a container registry as they are stored. */
export interface RegistryRecord {
  /** In lower case, with its port. */
  host: string;
  username: string;
  /** Sealed with the master key, for this host. */
  ciphertext: string;
  description: string;
  revision: number;
  createdAt: number;
  updatedAt: number;
}

/** Port to whoever can ask a registry whether it takes credentials. */
export interface RegistryProbe {
  /** Never throws for what a registry says: the detail is a sentence for people, without the password. */
  test(credentials: { host: string; username: string; password: string }): Promise<{ ok: boolean; detail: string }>;
}
