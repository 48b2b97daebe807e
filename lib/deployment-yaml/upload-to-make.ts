/** An upload that the commands have to make first. */
export interface UploadToMake {
  /** Shell variable that holds its id. */
  variable: string;
  /** What stands for it in the bodies. */
  reference: string;
  filename: string;
  isFolder: boolean;
  /** A folder goes into the archive as its one top entry, unless only what is in it counts. */
  holds?: 'folder' | 'content';
  /** An archive that is wanted as it is. */
  isKeptPacked?: boolean;
}
