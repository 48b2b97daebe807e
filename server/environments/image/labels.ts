/**
 * Containers inherit the labels of their image, whoever starts them. So labels of images say "image", and none of them may ever be what finds
 * a container that we remove.
 */
export const INSTALLATION_LABEL = 'io.viridian.image.installation';
/** Key of the environment. */
export const KEY_LABEL = 'io.viridian.image.environment';
/** Interpreter that the packages of an image belong to. */
export const PYTHON_LABEL = 'io.viridian.image.python';
/** Day on which the Debian packages of a curated environment were brought up to date. */
export const BASE_REFRESHED_LABEL = 'io.viridian.image.base-refreshed';
/** Installation whose build a container serves. An image that is made of one carries it without a value. */
export const BUILD_LABEL = 'io.viridian.build';
