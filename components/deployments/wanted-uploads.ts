import type { WantedUpload } from './upload-panel.tsx';

/** A build context: what is in the folder is what the Dockerfile can name. */
export const CONTEXT_UPLOAD: WantedUpload = {
  title: 'Drop the folder with the Dockerfile, or an archive of it',
  hint: 'What is in the folder is what COPY and ADD can name. Zip, tar and tar.gz are unpacked.',
  accept: ['.zip', '.tar', '.gz', '.tgz'],
  packing: 'content',
};

export const IMAGE_UPLOAD: WantedUpload = {
  title: 'Drop the file that “docker save” wrote',
  hint: 'docker save --output image.tar NAME. It stays packed, and nothing is pulled. Several gigabytes are fine.',
  accept: ['.tar', '.gz', '.tgz'],
  packing: 'packed',
  isSingle: true,
};
