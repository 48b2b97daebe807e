import { normalName } from './requirement-line.ts';

/** What becomes of a package of conda where wheels are installed. */
export type CondaMapping =
  /** `open`: the wheel's versions go on where conda's end (4.8.1 → 4.8.1.78), so a pin allows what follows. */
  | { kind: 'wheel'; name: string; versions: 'same' | 'open' }
  /** Wheels carry it, or a virtual environment needs none. */
  | { kind: 'carried' }
  /** A program, library or language that no wheel holds. */
  | { kind: 'docker_only' };

/** Conda's name → the wheel's, with the same versions. */
const RENAMED: Readonly<Record<string, string>> = {
  'arrow-cpp': 'pyarrow',
  'black-jupyter': 'black',
  'dask-core': 'dask',
  faiss: 'faiss-cpu',
  'faiss-gpu': 'faiss-cpu',
  'geopandas-base': 'geopandas',
  'jax-cpu': 'jax',
  'keras-gpu': 'keras',
  'lightgbm-gpu': 'lightgbm',
  'matplotlib-base': 'matplotlib',
  'msgpack-python': 'msgpack',
  'numpy-base': 'numpy',
  'onnxruntime-cpp': 'onnxruntime',
  psycopg2: 'psycopg2-binary',
  'py-lightgbm': 'lightgbm',
  'py-xgboost': 'xgboost',
  'py-xgboost-cpu': 'xgboost',
  'py-xgboost-gpu': 'xgboost',
  'pyarrow-core': 'pyarrow',
  pytables: 'tables',
  'python-graphviz': 'graphviz',
  'python-levenshtein': 'Levenshtein',
  'python-lmdb': 'lmdb',
  'python-xxhash': 'xxhash',
  pytorch: 'torch',
  'pytorch-cpu': 'torch',
  'pytorch-gpu': 'torch',
  'ray-core': 'ray',
  'ray-default': 'ray',
  'ray-serve': 'ray',
  'shap-base': 'shap',
  'spacy-base': 'spacy',
  'tensorflow-base': 'tensorflow',
  'tensorflow-gpu': 'tensorflow',
  'tensorflow-mkl': 'tensorflow',
  'torchvision-cpu': 'torchvision',
  'xgboost-cpu': 'xgboost',
  'xgboost-gpu': 'xgboost',
};

/** The wheel's versions have one number more. */
const OPEN: Readonly<Record<string, string>> = {
  libopencv: 'opencv-python-headless',
  opencv: 'opencv-python-headless',
  'opencv-python': 'opencv-python',
  'py-opencv': 'opencv-python-headless',
};

/** Wheels carry these libraries inside themselves, or a virtual environment has no use for them. */
const CARRIED: ReadonlySet<string> = new Set(
  `_libgcc_mutex _openmp_mutex _py-xgboost-mutex _pytorch_select _tflow_select blas bzip2 ca-certificates conda
  cpuonly cudatoolkit cudnn expat freetype gettext icu intel-openmp jpeg lcms2 ld_impl_linux-64 lerc libblas libcblas libcurl libdeflate libexpat
  libffi libgcc libgcc-ng libgfortran libgfortran-ng libgfortran5 libgomp libiconv libjpeg-turbo liblapack liblapacke libnsl libopenblas
  libpng libprotobuf libsodium libsqlite libstdcxx libstdcxx-ng libtiff libuuid libuv libwebp libwebp-base libxcb libxcrypt libxml2 libzlib llvm-openmp
  lz4-c mkl mkl-service mkl_fft mkl_random nccl ncurses nomkl openblas openjpeg openmp openssl pip python python_abi
  pytorch-cuda pytorch-mutex readline sqlite tbb tk tzdata xz yaml zeromq zlib zstd`.split(/\s+/),
);

const DOCKER_ONLY: ReadonlySet<string> = new Set(
  `automake bash binutils boost boost-cpp bowtie2 bwa c-compiler clang clangxx compilers cuda cuda-nvcc cuda-toolkit curl cxx-compiler espeak
  ffmpeg fftw fortran-compiler gcc gcc_linux-64 gdal geos gfortran gfortran_linux-64 ghostscript git git-lfs glib graphviz gsl gxx gxx_linux-64
  hdf5 imagemagick java-jdk julia libgdal libsndfile libspatialindex libxslt llvmdev magma maven mpich mysql nodejs openjdk openmpi pandoc perl
  poppler postgresql proj r r-base r-essentials rdkit-postgresql redis rust samtools sdl2 sox swig tesseract texlive-core unixodbc wget wkhtmltopdf`.split(
    /\s+/,
  ),
);

/** Says what a package of conda becomes. Pure. */
export function mapCondaPackage(name: string): CondaMapping {
  const lower = name.toLowerCase();
  if (CARRIED.has(lower)) return { kind: 'carried' };
  if (DOCKER_ONLY.has(lower) || lower.startsWith('r-')) return { kind: 'docker_only' };
  const open = OPEN[lower];
  if (open !== undefined) return { kind: 'wheel', name: open, versions: 'open' };
  return { kind: 'wheel', name: RENAMED[lower] ?? name, versions: 'same' };
}

/** Whether the wheel is called otherwise, which is worth a note. Pure. */
export function isRenamed(name: string, wheel: string): boolean {
  return normalName(name) !== normalName(wheel);
}
