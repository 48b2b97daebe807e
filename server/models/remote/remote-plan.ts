import type { ModelSource } from '../model-source.ts';
import type { RemoteAnswer, RemoteRequest } from './remote-http.ts';

/** One file to fetch. */
export interface RemoteFile {
  /** Its path inside the model. */
  segments: string[];
  /** Null where the source does not say. */
  sizeBytes: number | null;
  /** Hex, where the source knows it. */
  sha256: string | null;
  /** How it is asked for; made anew for each try, since signatures age. */
  request: () => Promise<RemoteRequest>;
  /** What to do about 401 and 403. */
  hint: string;
  /** The answer to the first request, where it had to be made to know the file's name. */
  opened?: RemoteAnswer;
}

/** What fetching a model comes to. */
export type RemotePlan =
  | {
      kind: 'files';
      files: RemoteFile[];
      /** The one file is unpacked if its name says that it is an archive. */ unpack: boolean;
    }
  /** It lies on this host after all. */
  | { kind: 'local'; source: ModelSource };
